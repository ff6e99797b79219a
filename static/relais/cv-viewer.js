// The CV viewer's inside. It runs in a sandboxed frame without an origin, so that what a file makes
// the renderer do reaches neither the session nor any host: the page around it hands everything in.
(() => {
  "use strict";

  // Pages that are drawn at most; the file itself can be downloaded.
  const MOST_PAGES = 60;
  const SIDE = 16;
  const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3];
  const body = document.getElementById("pages");
  const shown = document.getElementById("zoom");
  const waiting = new Map();
  let labels = {};
  let zoom = 1;
  let pages = [];
  let drawing = 0;

  const tell = (message, transfer = []) => window.parent.postMessage(message, "*", transfer);
  const blob = (bytes, type) => URL.createObjectURL(new Blob([bytes], { type }));

  // pdf.js asks for its decoders by name; the page around has them.
  class Files {
    async fetch({ filename }) {
      const bytes = await new Promise((resolve) => {
        waiting.set(filename, resolve);
        tell({ type: "need", name: filename });
      });
      if (!bytes) throw new Error(`There is no ${filename}.`);
      return new Uint8Array(bytes);
    }
  }

  function fitted(width) {
    return Math.max(0.1, (body.clientWidth - 2 * SIDE) / width);
  }

  // Every page has its size at once, so that scrolling is steady; it is drawn when it comes near.
  function size(one) {
    const scale = fitted(one.width) * zoom;
    one.box.style.width = `${one.width * scale}px`;
    one.box.style.height = `${one.height * scale}px`;
    one.box.style.setProperty("--total-scale-factor", scale);
    one.scale = scale;
  }

  async function draw(one, library) {
    if (one.drawn === one.scale) return;
    one.drawn = one.scale;
    const mine = drawing;
    const page = await one.page;
    const viewport = page.getViewport({ scale: one.scale });
    const density = Math.min(window.devicePixelRatio || 1, 2);
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width * density);
    canvas.height = Math.floor(viewport.height * density);
    canvas.setAttribute("aria-hidden", "true");
    const text = document.createElement("div");
    text.className = "textLayer";
    await page.render({
      canvas,
      viewport,
      transform: density === 1 ? null : [density, 0, 0, density, 0, 0],
    }).promise;
    if (mine !== drawing) return;
    one.box.replaceChildren(canvas, text);
    await new library.TextLayer({
      textContentSource: page.streamTextContent(),
      container: text,
      viewport,
    }).render();
  }

  // A page without an origin may start no worker from a module, but a worker may import one. Where
  // it may not, the file is read beside the drawing.
  async function startWorker(library, address) {
    const start = `import(${JSON.stringify(address)}).then(() => self.postMessage("loaded"), () => self.postMessage("failed"));`;
    const worker = new Worker(blob(start, "text/javascript"));
    const came = await new Promise((resolve) => {
      worker.onmessage = (event) => {
        if (event.data === "loaded" || event.data === "failed") resolve(event.data);
      };
      worker.onerror = () => resolve("failed");
    });
    worker.onmessage = null;
    worker.onerror = null;
    if (came === "loaded") library.GlobalWorkerOptions.workerPort = worker;
    else globalThis.pdfjsWorker = await import(address);
    document.documentElement.dataset.worker = came;
  }

  async function openPdf(message) {
    const library = await import(blob(message.library, "text/javascript"));
    await startWorker(library, blob(message.worker, "text/javascript"));
    const file = await library.getDocument({
      data: new Uint8Array(message.bytes),
      BinaryDataFactory: Files,
      wasmUrl: "wasm/",
      useWorkerFetch: false,
      disableWorkerRendering: true,
      enableXfa: false,
      verbosity: 0,
    }).promise;
    const count = Math.min(file.numPages, MOST_PAGES);
    const near = new IntersectionObserver(
      (seen) => {
        for (const one of seen) {
          if (one.isIntersecting) draw(pages[Number(one.target.dataset.page)], library).catch(failed);
        }
      },
      { rootMargin: "600px" },
    );
    for (let number = 1; number <= count; number += 1) {
      const page = file.getPage(number);
      const { width, height } = (await page).getViewport({ scale: 1 });
      const box = document.createElement("div");
      box.className = "page";
      box.dataset.page = String(number - 1);
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", labels.page.replace("{number}", number).replace("{count}", file.numPages));
      pages.push({ page, width, height, box });
      body.append(box);
      size(pages[number - 1]);
      near.observe(box);
    }
    if (count < file.numPages) note(labels.more.replace("{count}", count));
    redraw = () => {
      drawing += 1;
      for (const one of pages) size(one);
      near.disconnect();
      for (const one of pages) near.observe(one.box);
    };
    await draw(pages[0], library);
    tell({ type: "shown", pages: file.numPages });
  }

  function openPicture(message) {
    const picture = document.createElement("img");
    picture.alt = labels.picture;
    picture.src = blob(message.bytes, message.kind);
    picture.onload = () => tell({ type: "shown", pages: 1 });
    picture.onerror = failed;
    redraw = () => {
      picture.style.width = `${100 * zoom}%`;
    };
    redraw();
    body.append(picture);
  }

  function openText(message) {
    const text = document.createElement("pre");
    text.textContent = new TextDecoder().decode(message.bytes);
    redraw = () => {
      text.style.fontSize = `${14 * zoom}px`;
    };
    redraw();
    body.append(text);
    tell({ type: "shown", pages: 1 });
  }

  function note(text) {
    const line = document.createElement("p");
    line.className = "note";
    line.textContent = text;
    body.append(line);
  }

  let redraw = () => {};

  function failed() {
    body.replaceChildren();
    pages = [];
    redraw = () => {};
    tell({ type: "failed" });
  }

  function open(message) {
    labels = message.labels;
    document.documentElement.lang = message.language;
    document.documentElement.classList.toggle("dark", message.dark);
    for (const button of document.querySelectorAll("[data-zoom]")) {
      const words = labels[button.dataset.zoom];
      button.setAttribute("aria-label", words);
      button.title = words;
    }
    body.setAttribute("aria-label", labels.document);
    document.getElementById("bar").hidden = false;
    const opened =
      message.kind === "application/pdf"
        ? openPdf(message)
        : Promise.resolve().then(() => (message.kind.startsWith("image/") ? openPicture : openText)(message));
    opened.catch(failed);
  }

  function zoomTo(value) {
    zoom = value;
    shown.textContent = `${Math.round(zoom * 100)} %`;
    redraw();
  }

  const steps = {
    in: () => zoomTo(ZOOMS.find((one) => one > zoom + 0.01) ?? zoom),
    out: () => zoomTo([...ZOOMS].reverse().find((one) => one < zoom - 0.01) ?? zoom),
    fit: () => zoomTo(1),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) steps[button.dataset.zoom]();
  });

  // The shortcuts of the page around work from in here as well.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (event.key === "+" || event.key === "=") steps.in();
    else if (event.key === "-") steps.out();
    else if (event.key !== " ") tell({ type: "key", key: event.key });
    else return;
    event.preventDefault();
  });

  let settled = 0;
  window.addEventListener("resize", () => {
    window.clearTimeout(settled);
    settled = window.setTimeout(() => redraw(), 200);
  });

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent) return;
    if (event.data.type === "open") open(event.data);
    if (event.data.type === "file") {
      waiting.get(event.data.name)?.(event.data.bytes);
      waiting.delete(event.data.name);
    }
    if (event.data.type === "theme") document.documentElement.classList.toggle("dark", event.data.dark);
  });
  tell({ type: "ready" });
})();
