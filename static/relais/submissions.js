// The submission form: job search, drag and drop of a file, validation as fields are left.
// Each part enhances a plain control that works without it. All texts come from the page.
(() => {
  "use strict";

  const TYPING = 250;
  const AN_ADDRESS = /^\S+@\S+\.\S+$/;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function element(tag, properties = {}, attributes = {}) {
    const made = Object.assign(document.createElement(tag), properties);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // Call `work` after a short pause without further calls.
  function settled(work) {
    let timer;
    return (...values) => {
      window.clearTimeout(timer);
      timer = window.setTimeout(work, TYPING, ...values);
    };
  }

  // Resolves when no mouse button is down: content that appears during a press would move the
  // button away from under the pointer, and the click would be lost.
  let released = Promise.resolve();
  let release = () => {};
  window.addEventListener(
    "pointerdown",
    (event) => {
      release();
      // A select or a context menu swallows the event of the pointer going up.
      if (event.button || !event.target.closest("button, a, summary")) return;
      released = new Promise((resolve) => (release = resolve));
    },
    true,
  );
  for (const name of ["pointerup", "pointercancel"]) {
    // The click comes after the pointer is up.
    window.addEventListener(name, () => window.setTimeout(release), true);
  }

  // Request `json` or `text`; a later request cancels an earlier one. Null: no usable response,
  // and the form continues without.
  function asker() {
    let current;
    return async (url, kind, options = {}) => {
      current?.abort();
      current = new AbortController();
      const { signal } = current;
      try {
        const answer = await fetch(url, {
          credentials: "same-origin",
          headers: { "X-Requested-With": "XMLHttpRequest" },
          signal,
          ...options,
        });
        const said = answer.ok && !answer.redirected ? await answer[kind]() : null;
        await released;
        return signal.aborted ? null : said;
      } catch {
        return null;
      }
    };
  }

  function typed(form) {
    const data = new FormData(form);
    for (const input of form.querySelectorAll("input[type=file]")) data.delete(input.name);
    return data;
  }

  function showError(box, message) {
    const place = box.querySelector(".rl-error");
    const control = box.querySelector("[role=combobox], input:not([type=hidden]), textarea, select");
    place.textContent = message;
    place.hidden = !message;
    box.classList.toggle("rl-field-wrong", Boolean(message));
    control.toggleAttribute("aria-invalid", Boolean(message));
    if (message) control.setAttribute("aria-invalid", "true");
  }

  // A select with too many entries becomes a field to search in.
  function combobox(box, form) {
    const select = box.querySelector("select");
    const label = box.querySelector("label");
    const words = box.dataset;
    const ask = asker();
    const wrap = element("div", { className: "rl-combobox" });
    const list = element("ul", { id: `${select.id}_list`, hidden: true }, { role: "listbox" });
    const said = element("p", { className: "rl-visually-hidden" }, { role: "status" });
    const input = element(
      "input",
      { id: `${select.id}_search`, type: "text", name: `${select.name}_search` },
      {
        role: "combobox",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": list.id,
        "aria-describedby": select.getAttribute("aria-describedby") ?? "",
        autocomplete: "off",
        spellcheck: "false",
        placeholder: words.placeholder,
      },
    );
    list.setAttribute("aria-label", label.textContent.trim());
    label.htmlFor = input.id;
    wrap.append(input, list);
    select.hidden = true;
    select.before(wrap);
    box.append(said);

    let options = [];
    let active = -1;
    const chosen = () => (select.value ? select.selectedOptions[0].textContent.trim() : "");
    input.value = chosen() || words.typed || "";
    if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", "true");

    function show(open) {
      list.hidden = !open;
      input.setAttribute("aria-expanded", String(open));
      if (!open) highlight(-1);
    }

    function highlight(index) {
      active = index;
      [...list.children].forEach((item, at) => {
        item.setAttribute("aria-selected", String(at === index));
        if (at === index) item.scrollIntoView({ block: "nearest" });
      });
      if (index >= 0) input.setAttribute("aria-activedescendant", list.children[index].id);
      else input.removeAttribute("aria-activedescendant");
    }

    function draw(jobs) {
      options = jobs;
      list.replaceChildren(
        ...jobs.map((job, index) => {
          const item = element("li", { id: `${list.id}_${index}` }, { role: "option" });
          item.append(element("span", { className: "rl-option-name", textContent: job.name }));
          const detail = job.reason || job.detail;
          if (detail) item.append(element("span", { className: "rl-option-detail", textContent: detail }));
          if (job.reason) item.setAttribute("aria-disabled", "true");
          item.addEventListener("click", () => choose(index));
          return item;
        }),
      );
      if (!jobs.length) {
        list.replaceChildren(
          element("li", { className: "rl-option-none", textContent: words.none }, { role: "presentation" }),
        );
      }
      said.textContent = jobs.length ? fill(words.found, { count: jobs.length }) : words.none;
    }

    async function search() {
      const url = new URL(words.url, window.location.href);
      const query = input.value === chosen() ? "" : input.value.trim();
      url.searchParams.set("q", query);
      url.searchParams.set("tenant", form.elements.tenant.value);
      const answer = await ask(url, "json");
      if (!answer) return;
      draw(answer.jobs);
      if (document.activeElement !== input) return;
      show(true);
      // Enter chooses an entry only after a search or a move through the list.
      highlight(query ? options.findIndex((job) => !job.reason) : -1);
    }

    function choose(index) {
      const job = options[index];
      if (job.reason) {
        showError(box, job.reason);
        return;
      }
      let option = [...select.options].find((one) => one.value === job.id);
      if (!option) {
        option = new Option(job.name, job.id);
        select.append(option);
      }
      select.value = job.id;
      input.value = job.name;
      show(false);
      showError(box, "");
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function clear() {
      if (!select.value) return;
      select.value = "";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    const searchSoon = settled(search);
    input.addEventListener("input", () => {
      if (!input.value) clear();
      searchSoon();
    });
    // Only the choice is a value of the form, not the typed text.
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("click", () => list.hidden && search());
    input.addEventListener("blur", () => {
      show(false);
      if (select.value) input.value = chosen();
      else if (input.value.trim()) showError(box, words.choose);
    });
    input.addEventListener("keydown", (event) => {
      const open = !list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!open) search();
        else if (options.length) {
          const step = event.key === "ArrowDown" ? 1 : -1;
          highlight((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
        }
      } else if (event.key === "Enter" && (open || input.value !== chosen())) {
        event.preventDefault();
        if (open && active >= 0) choose(active);
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        input.value = chosen();
        show(false);
      }
    });
    // A press on the list must not take the focus from the field.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    form.elements.tenant.addEventListener?.("change", () => {
      input.value = "";
      draw([]);
      clear();
    });
  }

  function size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KB`;
    return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  }

  // A file input that covers an area to drop a file on, and shows what it holds.
  function dropArea(box) {
    const input = box.querySelector("input[type=file]");
    const area = box.querySelector(".rl-drop");
    const shown = box.querySelector("[data-file]");
    const words = box.dataset;
    const endings = input.accept.split(",").map((ending) => ending.trim().toLowerCase());

    function complaint(file) {
      const values = { name: file.name, size: size(file.size), most: size(Number(words.most)) };
      const ending = file.name.toLowerCase().match(/\.[^.]*$/)?.[0] ?? "";
      if (!file.size) return fill(words.empty, values);
      if (file.size > Number(words.most)) return fill(words.large, values);
      if (input.accept && !endings.includes(ending)) return fill(words.type, values);
      return "";
    }

    function show() {
      const file = input.files[0];
      const wrong = file ? complaint(file) : "";
      showError(box, wrong);
      if (wrong) input.value = "";
      shown.hidden = !file || Boolean(wrong);
      area.hidden = !shown.hidden;
      if (shown.hidden) return;
      shown.querySelector("[data-name]").textContent = file.name;
      shown.querySelector("[data-size]").textContent = size(file.size);
      shown.querySelector("[data-type]").textContent = file.name.split(".").pop().toUpperCase();
      shown.querySelector("button").focus();
    }

    area.classList.add("rl-drop-on");
    input.addEventListener("change", show);
    shown.querySelector("button").addEventListener("click", () => {
      input.value = "";
      show();
      input.focus();
    });
    // Back from another page, the browser may have kept the file.
    if (input.files.length) show();
    return {
      area,
      take(files) {
        const one = new DataTransfer();
        one.items.add(files[0]);
        input.files = one.files;
        show();
      },
    };
  }

  // A file dropped outside the area would replace the page, and the form's content would be lost.
  function dropAnywhere(target) {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      target.area.classList.add("rl-drop-over");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) target.area.classList.remove("rl-drop-over");
    });
    document.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      target.area.classList.remove("rl-drop-over");
      if (event.dataTransfer.files.length) target.take(event.dataTransfer.files);
    });
  }

  // Validate what has changed as soon as a field is left.
  function validation(form) {
    const ask = asker();
    const touched = new Set();
    for (const box of form.querySelectorAll("[data-field].rl-field-wrong")) touched.add(box.dataset.field);

    form.addEventListener("change", async (event) => {
      const box = event.target.closest("[data-field]");
      if (!box || event.target.type === "file") return;
      touched.add(box.dataset.field);
      const body = typed(form);
      const answer = await ask(form.dataset.validateUrl, "json", { method: "POST", body });
      if (!answer) return;
      const { problems, notes } = answer;
      for (const field of form.querySelectorAll("[data-field]")) {
        const name = field.dataset.field;
        if (touched.has(name)) showError(field, problems[name] ?? "");
        const note = field.querySelector("[data-note]");
        if (note) {
          note.textContent = notes[name] ?? "";
          note.hidden = !notes[name];
        }
      }
    });
  }

  // Candidates that are already known by this e-mail address.
  function duplicates(form) {
    const place = document.getElementById("duplicates");
    const email = form.elements.email_address;
    const ask = asker();
    let asked = "";

    async function look() {
      const data = typed(form);
      const known = AN_ADDRESS.test(email.value.trim());
      const question = known
        ? [data.get("tenant"), data.get("job"), email.value.trim().toLowerCase()].join("\n")
        : "";
      if (question === asked) return;
      asked = question;
      if (!known) {
        place.replaceChildren();
        return;
      }
      const html = await ask(form.dataset.duplicatesUrl, "text", { method: "POST", body: data });
      if (asked !== question) return;
      if (html === null) asked = "";
      else place.innerHTML = html;
    }

    email.addEventListener("input", settled(look));
    form.addEventListener("change", look);
  }

  // Without a tenant nothing can be stored, so require one before the form is sent.
  function askForTenant(form) {
    const box = form.querySelector("[data-field=tenant]");
    if (!box) return;
    form.addEventListener("submit", (event) => {
      const tenant = form.elements.tenant;
      if (tenant.value) return;
      event.preventDefault();
      showError(box, box.dataset.choose);
      tenant.focus();
    });
  }

  // Whether a source is written depends on the tenant.
  function source(form) {
    const tenant = form.elements.tenant;
    const show = () => {
      for (const note of form.querySelectorAll("[data-source-of]")) {
        note.hidden = note.dataset.sourceOf !== tenant.value;
      }
    };
    tenant.addEventListener?.("change", show);
    show();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const areas = [...document.querySelectorAll("[data-drop]")].map(dropArea);
    if (areas.length === 1) dropAnywhere(areas[0]);

    const form = document.querySelector("form[data-submission]");
    if (!form) return;
    // After an error the draft has an address of its own, which a reload opens.
    if (form.dataset.draftUrl) window.history.replaceState(null, "", form.dataset.draftUrl);
    form.querySelectorAll("[data-combobox]").forEach((box) => combobox(box, form));
    validation(form);
    askForTenant(form);
    duplicates(form);
    source(form);
    form.querySelector(".rl-field-wrong :is(input:not([hidden]), textarea)")?.focus();
  });
})();
