// The form of a bulk upload. Its areas for files are those of submissions.js.
(() => {
  "use strict";

  const form = document.getElementById("bulk-form");
  const tenant = form.elements.tenant;
  const links = document.querySelectorAll("[data-template]");

  // The theme writes a chosen file's name into the text field of its own file control, and fails
  // where there is none; this attribute makes it skip the field.
  for (const input of form.querySelectorAll("input[type=file]")) input.hasChangeListener = true;

  // The templates to download are those of the tenant that is chosen.
  function point() {
    for (const link of links) {
      link.href = `${link.dataset.template}?${new URLSearchParams({ tenant: tenant.value })}`;
    }
  }

  tenant.addEventListener("change", point);
  point();
})();
