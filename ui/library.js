// The archive tab: files are sent one by one, forms keep what was typed, focus goes where it belongs.
globalThis.archiveTab = (() => {
  "use strict";
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // Of a folder that was dropped, all files in it, hidden ones left out.
  const filesOf = async (entry, path = entry.name) => {
    if (entry instanceof File) return [{ file: entry, path }];
    if (entry.isFile)
      return [{ file: await new Promise((done, failed) => entry.file(done, failed)), path }];
    const reader = entry.createReader();
    const held = [];
    for (;;) {
      const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!batch.length) break;
      held.push(...batch);
    }
    const files = [];
    for (const inner of held) files.push(...(await filesOf(inner, `${path}/${inner.name}`)));
    return files;
  };
  const hidden = ({ path }) => path.includes("/") && /(^|\/)(\.|~\$)[^/]*$/.test(path);

  const intake = (element, hand) => {
    const part = (selector) => element.querySelector(selector);
    const words = () => part(".intake").dataset;
    const refuse = (reason) => {
      const item = document.createElement("li");
      item.textContent = reason;
      part(".refused").append(item);
    };

    // The name that the server keeps a file under; nothing when it does not take it.
    const sent = async ({ file, path }) => {
      if (file.size > Number(words().most)) return refuse(fill(words().large, { name: path }));
      try {
        const response = await fetch(`upload?name=${encodeURIComponent(path)}`, {
          method: "POST",
          headers: { "content-type": "application/octet-stream" },
          body: file,
        });
        const said = await response.json();
        if (response.ok) return said.name;
        refuse(said[part(".intake").lang]);
      } catch {
        refuse(fill(words().lost, { name: path }));
      }
    };

    const send = async (found) => {
      part(".refused").replaceChildren();
      const files = found.filter((file) => !hidden(file));
      files.sort((one, other) => (one.path < other.path ? -1 : 1));
      if (!files.length) return refuse(words().none);
      if (files.length > Number(words().count))
        return refuse(fill(words().many, { given: files.length }));
      const names = [];
      for (const [index, file] of files.entries()) {
        const where = { number: index + 1, count: files.length, name: file.path };
        part(".sending").textContent = fill(words().sending, where);
        const name = await sent(file);
        if (name) names.push(name);
      }
      part(".sending").textContent = "";
      const given = (name) => part(`[data-given="${name}"]`).value;
      if (names.length) hand({ names, source: given("source"), day: given("day") });
    };
    let sending = Promise.resolve();
    const queue = (files) => (sending = sending.then(async () => send(await files)).catch(refuse));

    element.addEventListener("change", ({ target }) => {
      if (target.type !== "file") return;
      const files = [...target.files];
      target.value = "";
      queue(files.map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    });

    // Files may be dropped anywhere in the tab: beside the field the browser would leave the page.
    const over = (event) =>
      event.target.closest?.("#library") && event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (over(event)) event.preventDefault();
      part(".zone")?.classList.toggle("over", Boolean(over(event)));
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) part(".zone")?.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!over(event)) return;
      event.preventDefault();
      part(".zone").classList.remove("over");
      const dropped = [...event.dataTransfer.items].filter((item) => item.kind === "file");
      const entries = dropped.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
      queue(Promise.all(entries.map((entry) => filesOf(entry))).then((files) => files.flat()));
    });
  };

  let opener = null;

  const acts = (element, trigger, watch) => {
    const drafts = new Map();
    const find = (at) => element.querySelector(`[data-at="${CSS.escape(at)}"]`);
    let turn = "";
    let page = "0";
    let done = "";

    const act = (data) => {
      done = data.article ?? "";
      trigger("act", { ...data });
    };

    const giveUp = (details) => {
      const form = details.querySelector("form");
      form.reset();
      for (const input of form.elements) drafts.delete(input.dataset.at);
      details.open = false;
      details.querySelector("summary").focus();
    };

    element.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const { period, source } = button.dataset;
      if (button.hasAttribute("data-cancel")) return giveUp(button.closest("details"));
      if (period !== undefined) return trigger("bound", { period });
      if (source !== undefined) return trigger("bound", { source });
      if (button.dataset.act === "retry") return trigger("sent", {});
      if (!button.dataset.act) return;
      if (/^(open|file)$/.test(button.dataset.act)) opener = button;
      act({ ...button.dataset, within: button.closest("#sheet") ? "sheet" : "" });
    });
    element.addEventListener("change", ({ target }) => {
      if (target.hasAttribute("data-sources")) trigger("bound", { source: target.value });
    });
    element.addEventListener("input", ({ target }) => {
      if (target.dataset.at) drafts.set(target.dataset.at, target.value);
    });
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const inputs = [...event.target.elements].filter((input) => input.name);
      const changed = inputs.filter((input) => input.value !== input.defaultValue);
      const fields = Object.fromEntries(changed.map((input) => [input.name, input.value]));
      act({ ...event.target.dataset, ...fields });
    });
    element.addEventListener("keydown", (event) => {
      const details = event.key === "Escape" && event.target.closest("details[open]");
      if (details && details.querySelector("form")) giveUp(details);
    });
    element.addEventListener("toggle", ({ target }) => {
      const summary = target.querySelector?.("summary");
      if (target.open && document.activeElement === summary) target.querySelector("input")?.focus();
    }, true);

    // The framework reuses what stands at the same place: what was typed there belongs to another
    // article now. It goes back to its own, and is forgotten where it was saved.
    watch("value", () => {
      for (const form of element.querySelectorAll("form")) form.reset();
      for (const [at, words] of drafts) {
        const input = find(at);
        if (done && at.includes(done)) drafts.delete(at);
        else if (input) {
          input.value = words;
          input.closest("details").open = true;
        }
      }
      done = "";
      const list = element.querySelector(".list");
      if (list && list.dataset.page !== page) {
        page = list.dataset.page;
        list.scrollIntoView({ block: "start" });
      }
      const root = element.querySelector("[data-turn]");
      const now = root?.dataset.turn ?? "";
      if (now !== turn) {
        turn = now;
        const named = root ? root.dataset.focus.split(" ").map(find).find(Boolean) : opener;
        named?.focus({ preventScroll: true });
        const { top, bottom } = named?.getBoundingClientRect() ?? {};
        if (top < 120 || bottom > innerHeight) named.scrollIntoView({ block: "start" });
      }
    });
  };

  return { intake, acts };
})();
