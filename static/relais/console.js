// The console. Without this script the whole form is shown, and links do the rest.
(() => {
  "use strict";

  // Show only the part of the form for the chosen kind of body.
  function showBody(form) {
    const kind = form.elements.body_kind.value;
    for (const part of form.querySelectorAll("[data-body]")) part.hidden = part.dataset.body !== kind;
  }

  // A template for another tenant: the link follows the choice.
  function followTenant(form) {
    const tenant = form.elements.tenant.value;
    for (const link of document.querySelectorAll("[data-template]")) {
      const url = new URL(link.href);
      if (tenant) url.searchParams.set("tenant", tenant);
      else url.searchParams.delete("tenant");
      link.href = url;
    }
  }

  function sendWithKeys(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.currentTarget.requestSubmit();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("answer")?.focus();
    const form = document.querySelector("[data-console]");
    if (!form) return;
    showBody(form);
    followTenant(form);
    form.elements.body_kind.addEventListener("change", () => showBody(form));
    form.elements.tenant.addEventListener("change", () => followTenant(form));
    form.addEventListener("keydown", sendWithKeys);
  });
})();
