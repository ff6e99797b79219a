// Optional parts of the API reference: one language for all examples, copying, current section.
(() => {
  "use strict";

  const KEY = "relais-docs-language";

  function stored(key) {
    try {
      return window.localStorage.getItem(key);
    } catch {
      return null; // storage may be switched off
    }
  }

  // The dashboard's switch between light and dark applies here too.
  const theme = (stored("adminTheme") ?? "").replaceAll('"', "");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  function choose(language) {
    for (const one of document.querySelectorAll("input[data-language]")) {
      if (one.dataset.language === language) one.checked = true;
    }
  }

  document.addEventListener("change", (event) => {
    const language = event.target.dataset?.language;
    if (!language) return;
    const before = event.target.getBoundingClientRect().top;
    choose(language);
    // Examples above have become longer or shorter: the reader stays where they were.
    window.scrollBy({ top: event.target.getBoundingClientRect().top - before, behavior: "instant" });
    try {
      window.localStorage.setItem(KEY, language);
    } catch {
      // Without storage the choice holds for this page only.
    }
  });
  choose(stored(KEY) ?? "Shell");

  if (navigator.clipboard) {
    for (const block of document.querySelectorAll(".samples pre")) {
      const box = document.createElement("div");
      box.className = `copyable ${block.classList.contains("sample") ? "sample" : ""}`;
      block.classList.remove("sample");
      block.replaceWith(box);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(block.textContent);
        button.textContent = "Copied";
        window.setTimeout(() => (button.textContent = "Copy"), 1500);
      });
      box.append(block, button);
    }
  }

  const phone = window.matchMedia("(max-width: 860px)");
  const contents = document.querySelector(".contents");

  // Scroll the table of contents only, not the page.
  function show(link) {
    const place = link.getBoundingClientRect();
    const frame = contents.getBoundingClientRect();
    if (place.top < frame.top) contents.scrollTop -= frame.top - place.top + 40;
    if (place.bottom > frame.bottom) contents.scrollTop += place.bottom - frame.bottom + 40;
  }

  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) links.set(link.hash.slice(1), link);
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        document.querySelector(".contents a[aria-current]")?.removeAttribute("aria-current");
        const link = links.get(entry.target.id);
        link?.setAttribute("aria-current", "location");
        if (link && !phone.matches) show(link);
      }
    },
    { rootMargin: "-80px 0px -75% 0px" },
  );
  for (const part of document.querySelectorAll("main > .chapter:not(:has(.operation)), .operation")) {
    seen.observe(part);
  }

  // On a phone, the table of contents opens on demand and closes after a choice.
  const fit = () => (contents.open = !phone.matches);
  phone.addEventListener("change", fit);
  fit();
  contents.addEventListener("click", (event) => {
    if (phone.matches && event.target.closest("a")) contents.open = false;
  });
})();
