// Comments, messages and tasks of an application: read when their panel is opened, and again when
// what was done in it has ended.
(() => {
  "use strict";

  const POLL = 1000;
  const HEADERS = { "X-Requested-With": "XMLHttpRequest" };

  function panel(details) {
    const box = details.querySelector("[data-panel-box]");
    const address = details.dataset.panel;
    let timer = 0;
    let busy = false;

    async function take(answer) {
      if (answer.redirected || (!answer.ok && answer.status !== 204)) {
        // Signed out or no longer allowed: the page explains.
        window.location.reload();
        return;
      }
      const live = answer.headers.get("X-Run-Live") === "yes";
      if (answer.status !== 204) draw(await answer.text());
      window.clearTimeout(timer);
      if (live && details.open) timer = window.setTimeout(settled, POLL);
    }

    function draw(html) {
      const within = box.contains(document.activeElement);
      // What is being typed is kept, unless it was sent.
      const typed = [...box.querySelectorAll("textarea, input[type=datetime-local]")].map((one) => [one.id, one.value]);
      const open = [...box.querySelectorAll("details[id][open]")].map((one) => one.id);
      box.innerHTML = html;
      box.removeAttribute("aria-busy");
      if (!sent || box.querySelector("[role=alert]")) {
        for (const [id, value] of typed) {
          const again = id && document.getElementById(id);
          if (again) again.value = value;
        }
        for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      }
      sent = false;
      if (within) (box.querySelector("[data-first]") ?? details.querySelector("summary")).focus();
    }

    let sent = false;

    async function ask(url, options = {}) {
      busy = true;
      box.setAttribute("aria-busy", "true");
      try {
        await take(await fetch(url, { credentials: "same-origin", headers: HEADERS, ...options }));
      } catch {
        box.removeAttribute("aria-busy");
        document.getElementById("work-lost").hidden = false;
        window.clearTimeout(timer);
        timer = window.setTimeout(settled, 3 * POLL);
        return;
      } finally {
        busy = false;
      }
      document.getElementById("work-lost").hidden = true;
    }

    function settled() {
      if (document.hidden || busy) {
        timer = window.setTimeout(settled, POLL);
        return;
      }
      ask(`${address}?settled`);
    }

    details.addEventListener("toggle", (event) => {
      if (event.target !== details) return;
      window.clearTimeout(timer);
      if (details.open) ask(address).then(() => (box.querySelector("[data-first]") ?? box).focus({ preventScroll: true }));
    });
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      if (busy) return;
      sent = true;
      ask(address, { method: "POST", body: new FormData(event.target, event.submitter) });
    });
    box.addEventListener("click", (event) => {
      if (!event.target.closest("[data-panel-again]")) return;
      event.preventDefault();
      if (!busy) ask(address);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const details of document.querySelectorAll("details[data-panel]")) panel(details);
  });
})();
