// What HTML alone cannot do: number keys, input methods, scrolling to the quote, the phone's sheet.
(() => {
  "use strict";
  const typing = (element) =>
    element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  const find = (selector) => document.querySelector(selector);

  // Enter that picks a candidate in an input method must not send the question.
  const guardComposition = (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) {
      event.stopPropagation();
    }
  };

  const openNumbered = (event) => {
    if (typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!/^[1-9]$/.test(event.key)) return;
    const answered = document.querySelectorAll("#talk .exchange:has(.sources)");
    const last = answered[answered.length - 1];
    last?.querySelector(`[data-kind="cite"][data-number="${event.key}"]`)?.click();
  };

  // On a phone the article covers the conversation; focus goes there and comes back.
  let opener = null;
  const showSheet = (open) => document.body.classList.toggle("sheet", open);
  const openSheet = (button) => {
    if (!find("#paper")?.contains(button)) opener = button;
    showSheet(true);
    focusBack();
  };
  const closeSheet = () => {
    if (!document.body.classList.contains("sheet")) return;
    showSheet(false);
    opener?.focus();
  };
  const focusBack = () => find("#paper .back")?.focus({ preventScroll: true }); // hidden: nothing

  // The quote that a number shows, or why a sentence is not verified, stays inside the conversation.
  const placeQuote = (event) => {
    const button = event.target.closest?.("#talk .ref[data-quote], #talk .doubt");
    if (!button) return;
    const { left } = button.parentElement.getBoundingClientRect();
    const frame = find("#talk").getBoundingClientRect();
    const width = parseFloat(getComputedStyle(button, "::after").width) || 0;
    const most = frame.right - width - 24;
    button.style.setProperty("--at", `${Math.max(frame.left + 8, Math.min(left, most)) - left}px`);
  };

  // What is copied is said on the button for a moment. A link is completed with the page's address.
  const copy = async (button) => {
    const { copy: quote, link, done } = button.dataset;
    const words = quote ?? new URL(link, location.origin + location.pathname).href;
    try {
      await navigator.clipboard.writeText(words);
    } catch {
      const area = document.createElement("textarea"); // without a secure address
      area.value = words;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const name = button.textContent;
    if (name === done) return;
    button.textContent = done;
    setTimeout(() => (button.textContent = name), 1500);
  };

  const within = (frame, target) =>
    frame.scrollTop + target.getBoundingClientRect().top - frame.getBoundingClientRect().top;

  // The right side scrolls to what is marked when another place is opened, or the same one again.
  let shown = "";
  const scrollToMark = () => {
    const [frame, mark] = [find("#right"), find("#paper mark.quote, #paper mark.near")];
    if (!frame || !mark) return;
    const [top, height] = [within(frame, mark), frame.clientHeight];
    frame.scrollTo({ top: top < height * 0.6 ? 0 : top - height / 3 }); // the headline too, if it fits
    scrollRaw();
  };
  const scrollRaw = () => {
    const [frame, mark] = [find("#paper .raw"), find("#paper .raw mark")];
    if (mark) frame.scrollTo({ top: within(frame, mark) - 60 });
  };
  let beside = false;
  const followRaw = () => {
    const raw = find("#paper .raw");
    if (raw && !beside) {
      scrollRaw();
      if (raw.getBoundingClientRect().top > innerHeight * 0.6) raw.scrollIntoView(); // below, not beside
    }
    beside = raw !== null;
  };
  const followPaper = () => {
    const now = find("#paper [data-shown]")?.dataset.shown ?? "";
    if (now === shown) return;
    shown = now;
    if (now) {
      scrollToMark();
      focusBack();
    } else find("#right")?.scrollTo({ top: 0 });
  };

  // The left side brings a new question to the top.
  let asked = 0;
  const followTalk = () => {
    const exchanges = document.querySelectorAll("#talk .exchange");
    const [frame, last] = [find("#talk"), exchanges[exchanges.length - 1]];
    if (exchanges.length > asked) frame.scrollTo({ top: within(frame, last) - 12 });
    if (exchanges.length < asked) {
      showSheet(false);
      unfolded.clear();
    }
    asked = exchanges.length;
  };

  // What is unfolded stays so when the conversation is written anew.
  const unfolded = new Set();
  const fold = (details, open) => {
    details.open = open;
    if (open) unfolded.add(details.dataset.fold);
    else unfolded.delete(details.dataset.fold);
  };
  const followFolds = () => {
    for (const details of document.querySelectorAll("#talk [data-fold]"))
      details.open = unfolded.has(details.dataset.fold);
  };
  const unfold = (event) => {
    const details = event.target.closest?.("#talk summary")?.parentElement;
    if (!details) return;
    event.preventDefault();
    fold(details, !details.open);
    const field = details.querySelector("input");
    if (details.open && field) field.select();
  };
  const foldBack = () => {
    const details = document.activeElement?.closest("#talk [data-fold]");
    if (!details) return false;
    fold(details, false);
    details.querySelector("summary").focus();
    return true;
  };

  const followLanguage = () => {
    const masthead = find("#masthead [data-title]");
    if (!masthead) return;
    const language = masthead.lang === "zh" ? "zh-CN" : masthead.lang;
    const root = document.documentElement; // set to what it is, it would still count as a change
    if (root.lang !== language) root.lang = language;
    if (document.title !== masthead.dataset.title) document.title = masthead.dataset.title;
  };

  // Two questions that are answered at once may bring their parts of the page in the wrong order.
  const newest = new Map();
  const followOrder = () => {
    for (const stamp of document.querySelectorAll("[data-refresh]")) {
      const part = stamp.closest("#talk, #paper").id;
      const number = Number(stamp.dataset.refresh);
      if (number < (newest.get(part) ?? 0)) stamp.click();
      else newest.set(part, number);
    }
  };

  // The address names the conversation, so that a reload goes on with it.
  const followKey = () => {
    const key = find("#talk [data-key]")?.dataset.key;
    const address = new URL(location.href);
    if (key === undefined || key === (address.searchParams.get("c") ?? "")) return;
    if (key) address.searchParams.set("c", key);
    else address.searchParams.delete("c");
    history.replaceState(null, "", address);
  };

  // A file that the server made is handed to the browser, once.
  let handed = "";
  const followParcel = () => {
    const parcel = find("#kept [data-parcel]");
    if (!parcel || parcel.dataset.parcel === handed) return;
    handed = parcel.dataset.parcel;
    const bytes = Uint8Array.from(atob(parcel.dataset.body), (byte) => byte.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = parcel.dataset.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  // Whose login has ended learns so, and loses nothing.
  const request = window.fetch;
  window.fetch = async (...sent) => {
    const reply = await request(...sent);
    const dialog = find("#masthead dialog");
    if (reply.status === 401 && dialog && !dialog.open) dialog.showModal();
    return reply;
  };

  let scheduled = false;
  const follow = () => {
    scheduled = false;
    followOrder();
    followLanguage();
    followTalk();
    followPaper();
    followRaw();
    followKey();
    followParcel();
    followFolds();
  };

  document.addEventListener("keydown", guardComposition, true);
  document.addEventListener("keypress", guardComposition, true);
  document.addEventListener("keydown", (event) => {
    openNumbered(event);
    if (event.key === "Escape" && !foldBack()) closeSheet();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("#talk [data-again]")) foldBack();
  });
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, placeQuote);
  document.addEventListener("click", unfold);
  document.addEventListener("click", (event) => {
    const copies = event.target.closest?.("[data-copy], [data-link]");
    if (copies) return copy(copies);
    const button = event.target.closest?.("[data-kind], [data-close]");
    if (!button) return;
    if (!button.hasAttribute("data-kind")) return closeSheet();
    openSheet(button);
    scrollToMark();
  });
  new MutationObserver(() => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(follow);
  }).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-shown", "lang", "open"],
  });
})();
