// The board: cards dragged or moved by keys, more of a column as one scrolls, and what somebody else
// or a sync moves, as it happens.
(() => {
  "use strict";

  const POLL = 3000;
  const POLL_WHILE_MOVING = 1000;

  document.addEventListener("DOMContentLoaded", () => {
    const board = document.getElementById("board");
    if (!board) return;
    const dialog = document.getElementById("board-dialog");
    const lost = document.getElementById("board-lost");
    const said = document.getElementById("board-said");
    const refused = document.getElementById("board-refused");
    // Cards that were moved here and are not settled, with the column that they came from.
    const moving = new Map();
    const counted = new Intl.NumberFormat(document.documentElement.lang);
    let number = board.dataset.number;
    let timer = 0;
    let inDialog = null;

    const columns = () => [...board.querySelectorAll(".rl-column")];
    const column = (stage) => columns().find((one) => one.dataset.stage === stage);
    const cardOf = (id) => board.querySelector(`[data-card="${CSS.escape(id)}"]`);
    const nameOf = (card) => card.querySelector(".rl-row-link").textContent.trim();
    const stageOf = (card) => card.closest(".rl-column").dataset.stage;
    const address = (base, more) => {
      const query = new URLSearchParams(board.dataset.query);
      for (const [name, value] of Object.entries(more)) query.set(name, value);
      return `${base}?${query}`;
    };

    function count(stage, by) {
      for (const one of document.querySelectorAll(`[data-count="${CSS.escape(stage)}"]`)) {
        const now = Number(one.dataset.n ?? one.textContent.replace(/\D/g, "")) + by;
        show(one, now);
      }
    }

    function show(one, value) {
      one.dataset.n = value;
      one.textContent = counted.format(value);
    }

    function refuse(text) {
      refused.querySelector("span:last-child").textContent = text;
      refused.hidden = !text;
    }

    function put(card, stage) {
      const target = column(stage);
      if (!target || stageOf(card) === stage) return;
      const focused = card.contains(document.activeElement);
      target.querySelector("ul").prepend(card);
      if (focused) card.querySelector(".rl-row-link").focus();
    }

    function state(card, text, bad = false) {
      const line = card.querySelector(".rl-bcard-state");
      line.textContent = text;
      line.hidden = !text;
      line.classList.toggle("rl-bad", bad);
    }

    async function move(card, stage, confirmed = false) {
      const from = stageOf(card);
      const id = card.dataset.card;
      if (!stage || from === stage || moving.has(id)) return;
      refuse("");
      moving.set(id, from);
      put(card, stage);
      count(from, -1);
      count(stage, 1);
      card.classList.add("rl-bcard-moving");
      const label = column(stage).dataset.label;
      state(card, board.dataset.moving.replace("{stage}", label));
      said.textContent = `${nameOf(card)}: ${board.dataset.moving.replace("{stage}", label)}`;
      const body = new FormData();
      body.set("csrfmiddlewaretoken", dialog.querySelector("[name=csrfmiddlewaretoken]").value);
      body.set("do", "MOVE");
      body.set("stage", stage);
      if (confirmed) body.set("confirmed", "yes");
      try {
        const answer = await fetch(card.dataset.act, { method: "POST", body, headers: { Accept: "application/json" } });
        if (answer.redirected || !answer.ok) {
          window.location.reload();
          return;
        }
        const told = await answer.json();
        if (told.said) {
          back(card, from, stage);
          if (told.confirm.stage) ask(card, told.said, stage);
          else refuse(`${nameOf(card)}: ${told.said}`);
          return;
        }
      } catch {
        // It may have arrived: the server knows.
        state(card, board.dataset.lost);
      }
      soon();
    }

    function back(card, from, stage) {
      moving.delete(card.dataset.card);
      put(card, from);
      count(from, 1);
      count(stage, -1);
      card.classList.remove("rl-bcard-moving");
      state(card, "");
    }

    // The dialog: which stage, or whether it is meant.
    function choose(card) {
      if (!dialog || moving.has(card.dataset.card)) return;
      inDialog = { card };
      const title = dialog.querySelector("h2");
      title.textContent = title.dataset.title.replace("{name}", nameOf(card));
      for (const one of dialog.querySelectorAll("[data-to]")) one.hidden = one.dataset.to === stageOf(card);
      dialog.querySelector("[data-confirm]").hidden = true;
      dialog.querySelector("[data-yes]").hidden = true;
      dialog.showModal();
      dialog.querySelector("[data-to]:not([hidden])")?.focus();
    }

    function ask(card, text, stage) {
      inDialog = { card, stage };
      dialog.querySelector("h2").textContent = nameOf(card);
      for (const one of dialog.querySelectorAll("[data-to]")) one.hidden = true;
      const words = dialog.querySelector("[data-confirm]");
      words.textContent = text;
      words.hidden = false;
      const yes = dialog.querySelector("[data-yes]");
      yes.hidden = false;
      dialog.showModal();
      yes.focus();
    }

    dialog?.addEventListener("click", (event) => {
      const to = event.target.closest("[data-to]");
      const yes = event.target.closest("[data-yes]");
      if (!to && !yes) return;
      const { card, stage } = inDialog;
      dialog.close();
      card.querySelector(".rl-row-link").focus();
      move(card, to ? to.dataset.to : stage, Boolean(yes));
    });
    dialog?.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const choices = [...dialog.querySelectorAll("[data-to]:not([hidden])")];
      const here = choices.indexOf(document.activeElement);
      if (!by || here < 0) return;
      event.preventDefault();
      choices[Math.min(Math.max(here + by, 0), choices.length - 1)].focus();
    });

    board.addEventListener("click", (event) => {
      const button = event.target.closest("[data-board-move]");
      if (button) choose(button.closest(".rl-bcard"));
    });

    // Keys: arrows walk, Shift and an arrow move, M asks where to.
    board.addEventListener("keydown", (event) => {
      const card = event.target.closest(".rl-bcard");
      if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.toLowerCase() === "m" && !event.shiftKey && dialog) {
        event.preventDefault();
        choose(card);
        return;
      }
      const all = columns();
      const here = all.indexOf(card.closest(".rl-column"));
      const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const along = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!across && !along) return;
      event.preventDefault();
      if (across && event.shiftKey) {
        if (dialog && all[here + across]?.dataset.stage) move(card, all[here + across].dataset.stage);
        return;
      }
      let next;
      if (along) {
        next = along > 0 ? card.nextElementSibling : card.previousElementSibling;
      } else {
        const place = [...card.parentElement.children].indexOf(card);
        for (let at = here + across; at >= 0 && at < all.length && !next; at += across) {
          const cards = all[at].querySelectorAll(".rl-bcard");
          next = cards[Math.min(place, cards.length - 1)];
        }
      }
      const link = next?.querySelector(".rl-row-link");
      link?.focus();
      next?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });

    // The mouse.
    let dragged = null;
    board.addEventListener("dragstart", (event) => {
      // Whoever may not move cards can still drag a text that is selected in one.
      dragged = dialog && event.target.closest?.(".rl-bcard");
      if (!dragged) return;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", dragged.dataset.card);
    });
    const over = (target) => {
      for (const one of columns()) one.classList.toggle("rl-column-over", one === target);
    };
    board.addEventListener("dragover", (event) => {
      const target = event.target.closest(".rl-column");
      if (!dragged || !target?.dataset.stage) return;
      event.preventDefault();
      over(target);
    });
    board.addEventListener("drop", (event) => {
      const target = event.target.closest(".rl-column");
      over(null);
      if (!dragged || !target) return;
      event.preventDefault();
      move(dragged, target.dataset.stage);
      dragged = null;
    });
    board.addEventListener("dragend", () => {
      over(null);
      dragged = null;
    });

    // More of a column.
    async function more(button) {
      if (button.dataset.busy) return;
      button.dataset.busy = "yes";
      const section = button.closest(".rl-column");
      const list = section.querySelector("ul");
      try {
        const answer = await fetch(address(board.dataset.cards, { stage: section.dataset.stage, start: list.children.length }));
        if (!answer.ok || answer.redirected) return;
        const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll(".rl-bcard");
        for (const card of found) if (!cardOf(card.dataset.card)) list.append(card);
        const total = Number(section.querySelector("[data-count]").textContent.replace(/\D/g, ""));
        button.hidden = found.length === 0 || list.children.length >= total;
      } catch {
        // The button stays, to be pressed again.
      } finally {
        delete button.dataset.busy;
      }
    }
    for (const button of board.querySelectorAll("[data-more]")) {
      button.addEventListener("click", () => more(button));
    }
    for (const list of board.querySelectorAll(".rl-column > ul")) {
      list.addEventListener("scroll", () => {
        const button = list.parentElement.querySelector("[data-more]");
        if (!button.hidden && list.scrollTop + list.clientHeight > list.scrollHeight - 400) more(button);
      });
    }

    // What others do.
    function take(told) {
      number = String(told.number);
      if (!told.cards) return;
      for (const one of document.querySelectorAll("[data-count]")) show(one, told.counts[one.dataset.count] ?? 0);
      for (const one of told.cards) {
        const old = cardOf(one.id);
        if (one.live) {
          if (old && moving.has(one.id)) state(old, one.message || one.state);
          continue;
        }
        const mine = moving.has(one.id);
        moving.delete(one.id);
        if (one.stage === null) {
          if (old) said.textContent = board.dataset.left.replace("{name}", nameOf(old));
          old?.remove();
          continue;
        }
        const card = new DOMParser().parseFromString(one.html, "text/html").querySelector(".rl-bcard");
        const target = column(one.stage);
        if (!card || !target) continue;
        const focused = old?.contains(document.activeElement);
        if (old && stageOf(old) === one.stage) old.replaceWith(card);
        else {
          old?.remove();
          target.querySelector("ul").prepend(card);
          said.textContent = board.dataset.moved.replace("{name}", nameOf(card)).replace("{stage}", target.dataset.label);
        }
        if (focused) card.querySelector(".rl-row-link").focus();
        if (mine && one.message) {
          state(card, one.message, true);
          refuse(`${nameOf(card)}: ${one.message}`);
        }
      }
      // Others' moves that are under way change the numbers when they are done.
      for (const [id, from] of moving) {
        const card = cardOf(id);
        if (card && stageOf(card) !== from) {
          count(from, -1);
          count(stageOf(card), 1);
        }
      }
    }

    async function look() {
      if (document.hidden) {
        timer = window.setTimeout(look, POLL);
        return;
      }
      try {
        const answer = await fetch(address(board.dataset.changes, { number, cards: [...moving.keys()].join(",") }));
        if (answer.redirected || !answer.ok) {
          window.location.reload();
          return;
        }
        const told = await answer.json();
        lost.hidden = true;
        if (told.reload && moving.size === 0) {
          window.location.reload();
          return;
        }
        if (!told.reload) take(told);
      } catch {
        lost.hidden = false;
      }
      timer = window.setTimeout(look, moving.size ? POLL_WHILE_MOVING : POLL);
    }

    function soon() {
      window.clearTimeout(timer);
      timer = window.setTimeout(look, POLL_WHILE_MOVING);
    }

    timer = window.setTimeout(look, POLL);
  });
})();
