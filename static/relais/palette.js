// The command palette: a dialog with a combobox. All words come from the page or the server.
(() => {
  "use strict";

  const TYPING = 150;
  const MOST = 8; // of a group
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function start(dialog) {
    const input = dialog.querySelector("[role=combobox]");
    const list = dialog.querySelector("[role=listbox]");
    const said = dialog.querySelector("[role=status]");
    const none = dialog.querySelector(".rl-palette-none");
    const words = dialog.dataset;
    let known = []; // groups that are offered before anything is typed
    let found = []; // groups that the server has found for what is typed
    let options = [];
    let chosen = -1;
    let timer;
    let asked;

    // Groups for `typed`; null if outdated or without a response.
    async function ask(typed) {
      asked?.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(`${words.url}?${new URLSearchParams({ q: typed })}`, {
          credentials: "same-origin",
          signal: asked.signal,
        });
        if (answer.redirected || !answer.ok) {
          window.location.reload(); // signed out: the page leads to the sign-in
          return null;
        }
        return (await answer.json()).groups;
      } catch (error) {
        if (error.name !== "AbortError") said.textContent = words.lost;
        return null;
      }
    }

    const score = (entry, terms) => {
      const label = folded(entry.label);
      const whole = `${label} ${folded(entry.hint)}`;
      if (!terms.every((term) => whole.includes(term))) return -1;
      if (label.startsWith(terms[0])) return 0;
      return label.split(/[\s’'-]+/).some((word) => word.startsWith(terms[0])) ? 1 : 2;
    };

    // Known entries that match, best first; then what the server found, without duplicates.
    function groups() {
      const terms = folded(input.value).split(/\s+/).filter(Boolean);
      if (!terms.length) return known.map((group) => ({ ...group, entries: group.entries.slice(0, MOST) }));
      const shown = known.map((group) => ({
        title: group.title,
        entries: group.entries
          .map((entry) => [score(entry, terms), entry])
          .filter(([value]) => value >= 0)
          .sort(([a], [b]) => a - b)
          .map(([, entry]) => entry)
          .slice(0, MOST),
      }));
      const key = (entry) => `${entry.url} ${Boolean(entry.post)}`;
      const there = new Set(shown.flatMap((group) => group.entries.map(key)));
      for (const group of found) {
        const fresh = group.entries.filter((entry) => !there.has(key(entry)));
        const same = shown.find((one) => one.title === group.title);
        if (same) same.entries.push(...fresh);
        else shown.push({ title: group.title, entries: fresh });
      }
      return shown.filter((group) => group.entries.length);
    }

    function choose(index, { scroll = true } = {}) {
      options[chosen]?.node.setAttribute("aria-selected", "false");
      chosen = options.length ? (index + options.length) % options.length : -1;
      const node = options[chosen]?.node;
      node?.setAttribute("aria-selected", "true");
      if (node) input.setAttribute("aria-activedescendant", node.id);
      else input.removeAttribute("aria-activedescendant");
      if (node && scroll) node.scrollIntoView({ block: "nearest" });
    }

    function draw() {
      options = [];
      list.replaceChildren(
        ...groups().map((group, number) => {
          const box = element("div", "rl-palette-group");
          const title = element("div", "rl-palette-title", group.title);
          title.id = `palette-group-${number}`;
          box.setAttribute("role", "group");
          box.setAttribute("aria-labelledby", title.id);
          title.setAttribute("role", "presentation");
          box.append(title, ...group.entries.map(option));
          return box;
        }),
      );
      const count = options.length;
      input.setAttribute("aria-expanded", String(count > 0));
      none.hidden = count > 0 || !known.length;
      list.hidden = !count;
      said.textContent = !known.length ? "" : count === 0 ? words.none : count === 1 ? words.one : words.many.replace("{n}", count);
      choose(0);
    }

    function option(entry) {
      const node = element("div", "rl-palette-option");
      node.id = `palette-option-${options.length}`;
      node.setAttribute("role", "option");
      node.setAttribute("aria-selected", "false");
      const icon = element("span", "material-symbols-outlined rl-icon", entry.icon);
      icon.setAttribute("aria-hidden", "true");
      node.append(icon, element("span", "rl-palette-label", entry.label));
      if (entry.hint) node.append(element("span", "rl-palette-hint", entry.hint));
      const place = options.push({ node, entry }) - 1;
      node.addEventListener("mousemove", () => place !== chosen && choose(place, { scroll: false }));
      node.addEventListener("click", (event) => open(entry, event.ctrlKey || event.metaKey));
      return node;
    }

    function open(entry, apart = false) {
      if (!entry.post) {
        if (apart) window.open(entry.url, "_blank", "noopener");
        else window.location.assign(entry.url);
        return;
      }
      const form = dialog.querySelector("form");
      if (form.dataset.sent) return;
      form.dataset.sent = "yes";
      form.action = entry.url;
      for (const [name, value] of Object.entries(entry.post)) {
        const field = Object.assign(element("input", ""), { type: "hidden", name, value });
        form.append(field);
      }
      form.submit();
    }

    function typing() {
      window.clearTimeout(timer);
      asked?.abort();
      const typed = input.value.trim();
      found = [];
      draw();
      if (typed.length < 2) return;
      timer = window.setTimeout(async () => {
        const groups = await ask(typed);
        if (groups === null || input.value.trim() !== typed) return;
        const kept = options[chosen]?.entry;
        found = groups;
        draw();
        const again = options.findIndex((one) => one.entry === kept);
        if (again > 0) choose(again);
      }, TYPING);
    }

    function pressed(event) {
      const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 };
      if (event.key in moves && options.length) {
        event.preventDefault();
        const to = chosen + moves[event.key];
        choose(Math.abs(moves[event.key]) === 1 ? to : Math.min(Math.max(to, 0), options.length - 1));
      } else if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        if (options[chosen]) open(options[chosen].entry, event.ctrlKey || event.metaKey);
      }
    }

    async function show() {
      if (dialog.open) return;
      for (const other of document.querySelectorAll("dialog[open]")) other.close();
      input.value = "";
      found = [];
      dialog.showModal();
      draw();
      known = (await ask("")) ?? known;
      // More may have been typed while the request was running.
      draw();
    }

    input.addEventListener("input", typing);
    input.addEventListener("keydown", pressed);
    document.addEventListener("keydown", (event) => {
      const ctrl = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!ctrl || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      if (dialog.open) dialog.close();
      else show();
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-open-palette]")) show();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) dialog.close();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("palette");
    if (!dialog) return;
    start(dialog);
    if (!/Mac|iP(hone|ad)/.test(navigator.platform)) return;
    for (const key of document.querySelectorAll("[data-command-key]")) key.textContent = "⌘ K";
  });
})();
