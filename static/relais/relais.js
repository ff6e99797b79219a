// Behaviour that all pages share. Every page works without it: forms are plain forms.
(() => {
  "use strict";

  const POLL = 1000;
  const POLL_AFTER_FAILURE = 3000;

  // Keep open details and the focus when a new state is drawn.
  function redraw(box, html) {
    const open = [...box.querySelectorAll("details[open][id]")].map((one) => one.id);
    const focused = box.contains(document.activeElement) ? document.activeElement : null;
    const holder = focused?.closest("details[id]")?.id;
    box.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (holder) document.querySelector(`#${holder} > summary`)?.focus();
  }

  // Screen readers announce changes only in an element that stays in the page.
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
          // Signed out or no longer allowed: reload, and the page explains.
          window.location.reload();
          return;
        }
        const html = await answer.text();
        lost.hidden = true;
        if (answer.headers.get("X-Run-Live") !== "yes") {
          // Ended: load the full report.
          window.location.reload();
          return;
        }
        const state = answer.headers.get("X-Run-State");
        if (state && state !== box.dataset.liveState) {
          // The buttons may have changed, and they are not in this part.
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
      // After this event, or else the button's own value is not sent.
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

  // Keep empty fields such as "?q=&tenant=" out of the address.
  function dropEmpty(event) {
    if (event.target.id !== "changelist-search") return;
    for (const field of event.target.elements) {
      if (field.name && field.value === "") field.disabled = true;
    }
  }

  // What an element shows, one line for each item of a list.
  function textOf(id) {
    const box = document.getElementById(id);
    const items = [...box.querySelectorAll("li")];
    return items.length ? items.map((one) => one.textContent.trim()).join("\n") : box.textContent.trim();
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(textOf(button.dataset.copy));
      (button.querySelector("span:not(.rl-icon)") ?? button).textContent = button.dataset.copied;
    } catch {
      // Without access to the clipboard, select the text to be copied by hand.
      window.getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    }
  }

  // The file is made in the browser: a secret that is shown once is at no address.
  function save(button) {
    const file = new Blob([`${textOf(button.dataset.save)}\n`], { type: "text/plain" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function press(event) {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("[data-copy], [data-save], [data-print]");
    if (!button) return;
    if ("copy" in button.dataset) copy(button);
    else if ("save" in button.dataset) save(button);
    else window.print();
  }

  document.addEventListener("click", press);
  // A record's page leads on to the next of the list that it was opened from.
  function rememberList(event) {
    const list = event.target.closest("a")?.closest("#result_list, [data-walk]");
    if (!list) return;
    const links = [...list.querySelectorAll(".rl-row-link")];
    const next = list.id === "result_list" ? document.querySelector(".rl-pager [rel=next]") : null;
    const walk = { urls: links.map((one) => new URL(one.href).pathname), next: next?.href ?? "", back: window.location.href };
    try {
      window.sessionStorage.setItem("relais-walk", JSON.stringify(walk));
    } catch {
      // storage may be switched off: then there is no way on
    }
  }

  // Whoever signs in here next finds nothing of a list that somebody else has gone through.
  function forgetList() {
    try {
      window.sessionStorage.removeItem("relais-walk");
    } catch {
      // storage may be switched off: then nothing is in it
    }
  }

  document.addEventListener("click", rememberList);
  document.addEventListener("submit", sendOnce);
  document.addEventListener("submit", dropEmpty);
  document.addEventListener("change", submitFilter);
  window.addEventListener("pageshow", (event) => {
    // Enable the buttons again when the browser goes back to this page.
    if (event.persisted) window.location.reload();
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (document.body.classList.contains("login")) forgetList();
    const box = document.querySelector("[data-live-url]");
    if (box) watchRun(box);
    // The tab of this page may be beyond the edge of a phone.
    const tab = document.querySelector(".rl-tabs [aria-current]");
    if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 24;
    for (const one of document.querySelectorAll("[data-copy], [data-save], [data-print]")) one.hidden = false;
  });
})();
