// The CV beside a record: fetches the file and what draws it, and hands both to the sandboxed frame.
(() => {
  "use strict";

  const WASM = "wasm";

  function viewer(box) {
    const frame = box.querySelector("iframe");
    const said = box.querySelector("[data-cv-state]");
    const words = JSON.parse(box.dataset.words);
    const dark = () => document.documentElement.classList.contains("dark");
    const post = (message, transfer = []) => frame.contentWindow.postMessage(message, "*", transfer);
    let asked = 0;

    function say(text, { again = false } = {}) {
      said.hidden = !text;
      said.querySelector("p").textContent = text;
      said.querySelector("button").hidden = !again;
      frame.hidden = Boolean(text);
    }

    const bytes = async (address) => (await fetch(address)).arrayBuffer();
    const lib = {};
    const part = (name) => (lib[name] ??= bytes(box.dataset[name]));

    async function load() {
      const mine = (asked += 1);
      say(words.loading);
      let answer;
      try {
        answer = await fetch(box.dataset.file, { headers: { "X-Requested-With": "XMLHttpRequest" } });
      } catch {
        say(words.lost, { again: true });
        return;
      }
      if (answer.redirected || !answer.ok) {
        say(words.lost, { again: true });
        return;
      }
      const kind = answer.headers.get("Content-Type").split(";")[0];
      if (kind === "application/json") {
        const told = await answer.json();
        say(told.message, { again: told.again });
        return;
      }
      const content = await answer.arrayBuffer();
      if (mine !== asked) return;
      const message = { type: "open", kind, bytes: content, labels: words, language: document.documentElement.lang, dark: dark() };
      if (kind === "application/pdf") {
        [message.library, message.worker] = await Promise.all([part("library"), part("worker")]);
      }
      said.hidden = true;
      frame.hidden = false;
      await ready;
      post(message, [content]);
    }

    let isReady;
    const ready = new Promise((resolve) => {
      isReady = resolve;
    });

    async function hand(name) {
      const known = `${WASM}${name.split(".")[0]}`;
      const content = box.dataset[known] ? await bytes(box.dataset[known]) : null;
      post({ type: "file", name, bytes: content }, content ? [content] : []);
    }

    window.addEventListener("message", (event) => {
      if (event.source !== frame.contentWindow) return;
      const message = event.data;
      if (message.type === "ready") isReady();
      else if (message.type === "need") hand(String(message.name));
      else if (message.type === "shown") box.dataset.shown = String(message.pages);
      else if (message.type === "failed") say(words.unreadable);
      else if (message.type === "key" && String(message.key).length === 1) {
        // As if it had been pressed on the page itself.
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: message.key, bubbles: true, cancelable: true }));
      }
    });
    said.querySelector("button").addEventListener("click", load);
    new MutationObserver(() => post({ type: "theme", dark: dark() })).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["class"],
    });
    load();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-cv]");
    if (box) viewer(box);
  });
})();
