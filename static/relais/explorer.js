// Marks the source of a unified field in Flatchr's object while the field is hovered or focused.
// Without this script its links lead there.
(() => {
  "use strict";

  function light(box, field) {
    for (const lit of box.querySelectorAll(".rl-lit")) lit.classList.remove("rl-lit");
    const ids = field?.dataset.from?.split(" ").filter(Boolean) ?? [];
    const parts = ids.map((id) => document.getElementById(id)).filter(Boolean);
    for (const part of parts) part.classList.add("rl-lit");
    const pre = parts[0]?.closest("pre");
    if (pre && field) {
      // Scroll the object only, not the page.
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
