// Ticking rows of a list, and the bar that says what can be done to those.
(() => {
  "use strict";

  function box(label) {
    const one = document.createElement("input");
    one.type = "checkbox";
    one.className = "rl-tick";
    one.setAttribute("aria-label", label);
    return one;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const bar = document.querySelector("[data-tick-bar]");
    const table = document.getElementById("result_list");
    if (!bar || !table) return;
    const words = bar.querySelector("[data-tick-words]").dataset;
    const count = bar.querySelector("[data-tick-count]");
    const all = bar.elements.all;
    const exported = bar.querySelector("[data-tick-export]");
    const whole = exported?.href;
    const ticks = [];
    for (const row of table.tBodies[0].rows) {
      const link = row.querySelector(".rl-row-link");
      if (!link) continue;
      const tick = box(words.row.replace("{name}", link.textContent.trim()));
      tick.value = decodeURIComponent(new URL(link.href).pathname.split("/").at(-3));
      link.before(tick);
      ticks.push(tick);
    }
    const head = box(words.page);
    table.tHead.rows[0]?.cells[0].prepend(head);

    function draw() {
      const chosen = ticks.filter((one) => one.checked).map((one) => one.value);
      bar.elements.ids.value = chosen.join(",");
      bar.hidden = chosen.length === 0 && !all.checked;
      count.textContent = (chosen.length === 1 ? count.dataset.one : count.dataset.many).replace("{count}", chosen.length);
      head.checked = chosen.length === ticks.length;
      head.indeterminate = chosen.length > 0 && !head.checked;
      if (exported) {
        const address = new URL(whole);
        if (!all.checked) address.searchParams.set("ids", chosen.join(","));
        exported.href = address.href;
      }
    }

    head.addEventListener("change", () => {
      for (const one of ticks) one.checked = head.checked;
      if (!head.checked) all.checked = false;
      draw();
    });
    table.addEventListener("change", draw);
    all.addEventListener("change", () => {
      if (all.checked) for (const one of ticks) one.checked = true;
      draw();
    });
    draw();
  });
})();
