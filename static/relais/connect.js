// Connecting: each of Flatchr's verdicts is shown as soon as it arrives. Without this script the
// response to the form shows them all at once.
(() => {
  "use strict";

  const LINES = "application/x-ndjson";
  const MARKS = ["good", "bad", "open", "busy"];

  function mark(field, kind, words) {
    const verdict = field.querySelector(".rl-verdict");
    for (const one of MARKS) verdict.classList.toggle(`rl-verdict-${one}`, one === kind);
    field.classList.toggle("rl-field-wrong", kind === "bad");
    // What the server said of an earlier entry.
    for (const old of field.querySelectorAll(".rl-error")) old.remove();
    if (verdict.textContent !== words) verdict.textContent = words;
  }

  function fieldsOf(form) {
    return [...form.querySelectorAll("[data-field]")].filter((field) => field.dataset.field);
  }

  function fail(form, words) {
    const box = form.querySelector("[data-failed]");
    box.textContent = words;
    box.hidden = false;
    for (const field of fieldsOf(form)) {
      if (field.querySelector(".rl-verdict-busy")) mark(field, "", "");
    }
    form.querySelector(".rl-field-wrong input")?.focus();
  }

  function take(form, line) {
    if (line.next) {
      window.location.assign(line.next);
      return;
    }
    if (line.failed) {
      fail(form, line.failed);
      return;
    }
    const field = form.querySelector(`[data-field="${line.name}"]`);
    if (field) mark(field, line.ok ? "good" : line.ok === false ? "bad" : "open", line.message);
  }

  async function follow(form, answer) {
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    let last = null;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        last = JSON.parse(line);
        take(form, last);
      }
    }
    if (!last?.next && !last?.failed) throw new Error("The answer broke off.");
    return Boolean(last.next);
  }

  async function attempt(form, button) {
    button.disabled = true;
    form.querySelector("[data-failed]").hidden = true;
    for (const field of fieldsOf(form)) mark(field, "busy", form.dataset.checking);
    let leaving = false;
    try {
      const answer = await fetch(form.action || window.location.href, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: LINES },
        credentials: "same-origin",
      });
      if (answer.headers.get("Content-Type")?.startsWith(LINES)) {
        leaving = await follow(form, answer);
      } else {
        // A response that is a page, such as the form with an empty field marked.
        form.dataset.plain = "yes";
        leaving = true;
        button.disabled = false;
        form.requestSubmit(button);
      }
    } catch {
      fail(form, form.dataset.lost);
    }
    if (!leaving) button.disabled = false;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("attempt" in form.dataset)) return;
    if (form.dataset.plain || !window.ReadableStream) return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("[type=submit]");
    if (!button.disabled) attempt(form, button);
  });

  // An error is about what was typed before, an empty field for example: typing ends it.
  document.addEventListener("input", (event) => {
    const field = event.target instanceof Element ? event.target.closest("form[data-attempt] .rl-field") : null;
    if (!field) return;
    if (field.querySelector(".rl-verdict:not(:empty)")) mark(field, "", "");
    field.classList.remove("rl-field-wrong");
    for (const old of field.querySelectorAll(".rl-error")) old.remove();
  });

  // In a frame, tell the page around it how this ends, in the words of the official library for it
  // (`docs/unified-api.md`, Connecting). The security policy says who may frame this page, so any
  // origin will do here.
  document.addEventListener("DOMContentLoaded", () => {
    if (window.parent === window) return;
    const tell = (message) => window.parent.postMessage(message, "*");
    const close = document.querySelector("[data-close]");
    close.hidden = false;
    close.addEventListener("click", () => tell({ type: "close" }));
    const token = document.body.dataset.connected;
    if (token) tell({ type: "success", data: { activation_token: token } });
  });
})();
