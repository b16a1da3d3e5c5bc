// Light or dark, as the reader chose in this browser or as the system says; before the first paint.
(() => {
  "use strict";
  const [root, key] = [document.documentElement, "wenbao-theme"];
  const system = matchMedia("(prefers-color-scheme: dark)");

  const kept = () => {
    try {
      const choice = localStorage.getItem(key);
      return ["light", "dark"].includes(choice) ? choice : "system";
    } catch {
      return "system"; // this browser keeps nothing
    }
  };
  let choice = kept();

  const show = () => {
    const theme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    if (root.dataset.theme !== theme) root.dataset.theme = theme;
    document.body?.classList.toggle("dark", theme === "dark"); // the framework's own name for it
  };

  window.wenbaoTheme = {
    chosen: () => choice,
    choose: (wanted) => {
      choice = wanted;
      try {
        localStorage.setItem(key, wanted);
      } catch {
        // holds until the page is closed
      }
      show();
    },
  };

  show();
  system.addEventListener("change", show);
  addEventListener("storage", () => {
    choice = kept();
    show();
  });
  // The framework sets its name by the system's theme alone.
  addEventListener("DOMContentLoaded", () => {
    show();
    new MutationObserver(show).observe(document.body, { attributeFilter: ["class"] });
  });
})();
