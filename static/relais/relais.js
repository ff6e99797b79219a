// Relais' few lines of behaviour. Every page works without them: forms are plain forms.
(() => {
  "use strict";

  const POLL = 1000;
  const POLL_AFTER_FAILURE = 3000;

  // What a reader has opened, and where the focus is, outlives the drawing of a new state.
  function redraw(box, html) {
    const open = [...box.querySelectorAll("details[open][id]")].map((one) => one.id);
    const focused = box.contains(document.activeElement) ? document.activeElement : null;
    const holder = focused?.closest("details[id]")?.id;
    box.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (holder) document.querySelector(`#${holder} > summary`)?.focus();
  }

  // Screen readers read out what changes in an element that stays, and the drawn ones do not.
  function announcer(box) {
    const said = document.createElement("p");
    said.className = "rl-visually-hidden";
    said.setAttribute("role", "status");
    document.body.append(said);
    let last = "";
    return (first) => {
      const drawn = box.querySelector("[role=status]");
      if (!drawn) return;
      drawn.removeAttribute("role");
      const text = drawn.textContent.trim();
      if (!first && text !== last) said.textContent = text;
      last = text;
    };
  }

  // The live page of a sync or a submission: the server draws the moving part, once a second.
  function watchRun(box) {
    const lost = document.getElementById("run-lost");
    const announce = announcer(box);
    let last = "";
    const again = (wait) => window.setTimeout(ask, wait);

    async function ask() {
      if (document.hidden) {
        again(POLL);
        return;
      }
      try {
        const answer = await fetch(box.dataset.liveUrl, {
          credentials: "same-origin",
          headers: { "X-Requested-With": "XMLHttpRequest" },
        });
        if (answer.redirected || !answer.ok) {
          // Signed out, or no longer allowed: the page itself says so.
          window.location.reload();
          return;
        }
        const html = await answer.text();
        lost.hidden = true;
        if (answer.headers.get("X-Run-Live") !== "yes") {
          // Ended: the full report has more than the moving part.
          window.location.reload();
          return;
        }
        const state = answer.headers.get("X-Run-State");
        if (state && state !== box.dataset.liveState) {
          // What may be done with it has changed, and the buttons are not in this part.
          window.location.reload();
          return;
        }
        if (html !== last) {
          redraw(box, html);
          announce(false);
        }
        last = html;
        again(POLL);
      } catch {
        lost.hidden = false;
        again(POLL_AFTER_FAILURE);
      }
    }

    announce(true);
    again(POLL);
  }

  // A second press of the same button must not send the form twice.
  function sendOnce(event) {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (!(form instanceof HTMLFormElement) || !form.dataset.once) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button) {
      // After this event, or the button's own value would not be sent.
      window.setTimeout(() => {
        button.disabled = true;
        button.textContent = button.dataset.once ?? form.dataset.once;
      });
    }
  }

  function submitFilter(event) {
    if (event.target instanceof HTMLSelectElement && "submit" in event.target.dataset) {
      event.target.form.requestSubmit();
    }
  }

  // A search for nothing should not leave "?q=&tenant=" in the address.
  function dropEmpty(event) {
    if (event.target.id !== "changelist-search") return;
    for (const field of event.target.elements) {
      if (field.name && field.value === "") field.disabled = true;
    }
  }

  document.addEventListener("submit", sendOnce);
  document.addEventListener("submit", dropEmpty);
  document.addEventListener("change", submitFilter);
  window.addEventListener("pageshow", (event) => {
    // Back from the next page: the buttons work again.
    if (event.persisted) window.location.reload();
  });
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-live-url]");
    if (box) watchRun(box);
  });
})();
