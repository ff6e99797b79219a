// The buttons All and None without a request; without this script they submit the form.
(() => {
  "use strict";

  function choose(form, on) {
    for (const box of form.querySelectorAll("input[name=columns]")) box.checked = on;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-all], [data-none]");
    const form = button?.closest("#export-form");
    if (!form) return;
    event.preventDefault();
    choose(form, "all" in button.dataset);
  });
})();
