// Acting on an application: its buttons without a new page, and what comes of them as it happens;
// and the way through the list that one came from.
(() => {
  "use strict";

  const POLL = 1000;
  const POLL_AFTER_FAILURE = 3000;
  const WALK = "relais-walk";

  function work(box) {
    const lost = document.getElementById("work-lost");
    const said = document.getElementById("work-said");
    let timer = 0;
    let busy = false;
    let last = "";

    function draw(html) {
      // The token of the forms is written differently each time.
      const plain = html.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
      if (plain === last) return;
      last = plain;
      const focused = box.contains(document.activeElement) ? document.activeElement : null;
      const open = [...box.querySelectorAll("details[open]")].map((one) => one.id);
      const typed = box.querySelector("#work-tag")?.value ?? "";
      box.innerHTML = html;
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (typed && box.querySelector("#work-tag")) box.querySelector("#work-tag").value = typed;
      if (focused) {
        const again = box.querySelector("[data-first]") ?? (focused.id && document.getElementById(focused.id)) ?? box.querySelector(".rl-steps button");
        again?.focus();
      }
      const told = box.querySelector("[role=alert]") ?? box.querySelector(".rl-acts > li");
      if (told) said.textContent = told.textContent.replace(/\s+/g, " ").trim();
    }

    const next = (live, wait) => {
      window.clearTimeout(timer);
      if (live) timer = window.setTimeout(look, wait);
    };

    async function take(answer) {
      if (answer.redirected || !answer.ok) {
        // Signed out or no longer allowed: the page explains.
        window.location.reload();
        return;
      }
      const html = await answer.text();
      lost.hidden = true;
      draw(html);
      next(answer.headers.get("X-Run-Live") === "yes", POLL);
    }

    async function ask(address, options = {}) {
      const answer = await fetch(address, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" }, ...options });
      await take(answer);
    }

    async function look() {
      if (document.hidden || busy) {
        next(true, POLL);
        return;
      }
      try {
        await ask(box.dataset.work);
      } catch {
        lost.hidden = false;
        next(true, POLL_AFTER_FAILURE);
      }
    }

    async function send(event) {
      const form = event.target.closest("form[data-act]");
      if (!form || !box.contains(form)) return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      const body = new FormData(form, event.submitter);
      for (const pop of box.querySelectorAll("details.rl-pop[open]")) pop.removeAttribute("open");
      try {
        await ask(form.getAttribute("action"), { method: "POST", body });
      } catch {
        // It may have arrived: what the server has of it says so.
        lost.hidden = false;
        next(true, POLL_AFTER_FAILURE);
      } finally {
        busy = false;
      }
    }

    function arrows(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const steps = [...box.querySelectorAll(".rl-steps button")];
      const here = steps.indexOf(document.activeElement);
      if (!by || here < 0) return;
      event.preventDefault();
      steps[Math.min(Math.max(here + by, 0), steps.length - 1)].focus();
    }

    function leave(event) {
      const pop = event.target.closest("details.rl-pop[open]");
      if (event.key !== "Escape" || !pop) return;
      pop.removeAttribute("open");
      pop.querySelector("summary").focus();
    }

    box.addEventListener("submit", send);
    box.addEventListener("keydown", arrows);
    box.addEventListener("keydown", leave);
    box.addEventListener("click", (event) => {
      if (!event.target.closest("[data-work-again]")) return;
      event.preventDefault();
      look();
    });
    document.addEventListener("click", (event) => {
      for (const pop of box.querySelectorAll("details.rl-pop[open]")) {
        if (!pop.contains(event.target)) pop.removeAttribute("open");
      }
    });
    next(box.dataset.live === "yes", POLL);
  }

  function stored() {
    try {
      return JSON.parse(window.sessionStorage.getItem(WALK) ?? "null");
    } catch {
      return null; // storage may be switched off: then there is no way through the list
    }
  }

  function store(walk) {
    try {
      window.sessionStorage.setItem(WALK, JSON.stringify(walk));
    } catch {
      // as above
    }
  }

  async function further(walk) {
    try {
      const answer = await fetch(walk.next, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return false;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const links = [...page.querySelectorAll("#result_list .rl-row-link")];
      walk.urls.push(...links.map((one) => new URL(one.getAttribute("href"), walk.next).pathname));
      const next = page.querySelector(".rl-pager [rel=next]");
      walk.next = next ? new URL(next.getAttribute("href"), walk.next).href : "";
      store(walk);
      return links.length > 0;
    } catch {
      return false;
    }
  }

  async function way(nav) {
    const walk = stored();
    const at = walk?.urls.indexOf(window.location.pathname) ?? -1;
    if (at < 0) return;
    if (at === walk.urls.length - 1 && walk.next) await further(walk);
    const set = (link, url) => {
      if (url) link.href = url;
      else link.setAttribute("aria-disabled", "true");
      link.classList.toggle("rl-off", !url);
    };
    set(nav.querySelector("[rel=prev]"), walk.urls[at - 1]);
    set(nav.querySelector("[rel=next]"), walk.urls[at + 1]);
    const back = nav.querySelector("[data-walk-back]");
    back.href = walk.back;
    back.textContent = `${at + 1} / ${walk.urls.length}${walk.next ? "+" : ""}`;
    nav.hidden = false;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("work");
    if (box) work(box);
    const nav = document.getElementById("walk");
    if (nav) way(nav);
  });
})();
