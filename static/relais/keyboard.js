// Single-key shortcuts, the dialog that lists them, and announcements for screen readers.
(() => {
  "use strict";

  const OFF = "relais-shortcuts-off";
  const AFTER_G = 1500;
  const ROWS = "#content .rl-table > tbody > tr, #content .rl-tenants > li, #content .rl-hits > li, #content [data-row]";
  const TYPED_IN = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=menu]";
  let pending = 0;

  function storage(work) {
    try {
      return work(window.localStorage);
    } catch {
      return null; // storage may be switched off: then it is for this page only
    }
  }

  let off = storage((store) => store.getItem(OFF)) === "yes";

  const links = "a[href], button:not([disabled]), summary";
  const rows = () =>
    [...document.querySelectorAll(ROWS)].filter((row) => row.querySelector(links) && row.getClientRects().length);
  const target = (row) => row.querySelector(".rl-row-link, h2 a, h3 a") ?? row.querySelector(links);
  const current = () => rows().find((row) => row.contains(document.activeElement));

  function step(by) {
    const all = rows();
    if (!all.length) return false;
    const here = all.indexOf(current());
    const to = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
    if (to < 0 || to >= all.length) return true; // there is no row beyond the last one
    target(all[to]).focus();
    all[to].scrollIntoView({ block: "nearest" });
    return true;
  }

  const boxOf = (row) => row?.querySelector("input[type=checkbox]:not([disabled])");

  function tick() {
    const box = boxOf(current());
    box?.click();
    return Boolean(box);
  }

  function search() {
    const visible = (one) => one && one.getClientRects().length;
    const field = ["#searchbar", ".rl-find input[type=search]", "#content input[type=search]"]
      .map((one) => document.querySelector(one))
      .find(visible);
    if (!field) {
      document.querySelector("[data-open-palette]")?.click();
      return true;
    }
    field.focus();
    field.select();
    return true;
  }

  // A page's own shortcuts are on what they press, or lead to.
  const owns = () => [...document.querySelectorAll("[data-key]")].filter((one) => one.getClientRects().length);

  function own(key) {
    const found = owns().find((one) => one.dataset.key === key);
    if (!found || found.getAttribute("aria-disabled") === "true") return false;
    found.scrollIntoView({ block: "nearest" });
    if ("keyFocus" in found.dataset) found.focus();
    else found.click();
    const box = found.closest("details[open]");
    if (box && found.tagName === "SUMMARY") box.querySelector("input:not([type=hidden]), textarea, select, button")?.focus();
    return true;
  }

  function listOwn(box) {
    if (!box) return;
    const seen = new Map(owns().map((one) => [one.dataset.key, one.dataset.keySays]));
    box.replaceChildren(
      ...[...seen].map(([key, says]) => {
        const [line, term, name, what] = ["div", "dt", "kbd", "dd"].map((tag) => document.createElement(tag));
        name.textContent = key;
        what.textContent = says;
        term.append(name);
        line.append(term, what);
        return line;
      }),
    );
    box.hidden = seen.size === 0;
  }

  function list() {
    const dialog = document.getElementById("shortcuts");
    for (const other of document.querySelectorAll("dialog[open]")) other.close();
    // List only the shortcuts that work on this page.
    const works = { rows: rows().length > 0, ticks: rows().some(boxOf) };
    for (const line of dialog?.querySelectorAll("[data-for]") ?? []) line.hidden = !works[line.dataset.for];
    listOwn(dialog?.querySelector("[data-own-shortcuts]"));
    dialog?.showModal();
    return Boolean(dialog);
  }

  function go(letter) {
    pending = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
    if (place) window.location.assign(place.href);
    return Boolean(place);
  }

  const single = {
    j: () => step(1),
    k: () => step(-1),
    x: tick,
    "/": search,
    "?": list,
    g: () => {
      pending = Date.now();
      return true;
    },
  };

  function pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || event.target.closest?.(TYPED_IN)) return;
    const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    // The arrows scroll the page unless a row is selected.
    if (arrow) {
      if (!event.shiftKey && current() && step(arrow)) event.preventDefault();
      return;
    }
    if (off) return;
    const after = pending && Date.now() - pending < AFTER_G;
    pending = 0;
    const done = after ? go(event.key) : own(event.key) || single[event.key]?.();
    if (done) event.preventDefault();
  }

  // Escape closes dialogs by itself; this adds their buttons, and a click outside.
  function clicked(event) {
    const dialog = event.target.closest("dialog");
    if (event.target.closest("[data-open-shortcuts]")) list();
    else if (dialog && (event.target.closest("[data-close]") || event.target === dialog)) dialog.close();
  }

  function start() {
    const mine = document.querySelector("[data-shortcuts-switch]");
    if (!mine) return;
    mine.checked = !off;
    mine.addEventListener("change", () => {
      off = !mine.checked;
      storage((store) => (off ? store.setItem(OFF, "yes") : store.removeItem(OFF)));
    });
  }

  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
  document.addEventListener("DOMContentLoaded", start);
})();
