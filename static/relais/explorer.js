// A unified field shows where in Flatchr's object it comes from while it is pointed at or focused.
// Without this, its links lead there.
(() => {
  "use strict";

  function light(box, field) {
    for (const lit of box.querySelectorAll(".rl-lit")) lit.classList.remove("rl-lit");
    const ids = field?.dataset.from?.split(" ").filter(Boolean) ?? [];
    const parts = ids.map((id) => document.getElementById(id)).filter(Boolean);
    for (const part of parts) part.classList.add("rl-lit");
    const pre = parts[0]?.closest("pre");
    if (pre && field) {
      // Only the object scrolls: the page stays under the reader's pointer.
      pre.scrollTop = parts[0].offsetTop - pre.offsetTop - pre.clientHeight / 3;
    }
  }

  function follow(event) {
    const box = event.target.closest?.("[data-source]");
    const field = event.target.closest?.("[data-from]");
    if (box && field) light(box, field);
  }

  document.addEventListener("mouseover", follow);
  document.addEventListener("focusin", follow);
})();
