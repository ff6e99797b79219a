// A strip of syncs is one tab stop; the arrow keys move along it.
(() => {
  "use strict";

  const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

  function walk(event) {
    const bar = event.target.closest?.(".rl-strip > .rl-bar");
    if (!bar || event.altKey || event.ctrlKey || event.metaKey) return;
    const bars = [...bar.parentElement.children];
    let next = bars[bars.indexOf(bar) + (STEPS[event.key] ?? 0)];
    if (event.key === "Home") next = bars[0];
    if (event.key === "End") next = bars.at(-1);
    if (event.key === "Escape") {
      bar.blur();
      return;
    }
    if (!(event.key in STEPS || event.key === "Home" || event.key === "End")) return;
    event.preventDefault();
    if (!next) return;
    bar.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  document.addEventListener("keydown", walk);
})();
