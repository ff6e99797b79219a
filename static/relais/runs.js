/* The list of held deletions: the tick in its head ticks the page, "on every page" stands for all. */
"use strict";

(() => {
  const form = document.querySelector(".rl-held-form");
  if (!form) return;
  const all = form.querySelector("[data-tick-all]");
  const listed = form.querySelector("[data-tick-listed]");
  const rows = [...form.querySelectorAll("input[name=held]")];

  const show = () => {
    const ticked = rows.filter((box) => box.checked).length;
    all.checked = ticked === rows.length;
    all.indeterminate = ticked > 0 && ticked < rows.length;
  };
  form.addEventListener("change", (event) => {
    if (event.target === all || event.target === listed) {
      for (const box of rows) box.checked = event.target.checked;
    }
    if (listed && event.target !== listed && rows.some((box) => !box.checked)) listed.checked = false;
    show();
  });
  show();
})();
