// Further fields of Flatchr's, switched on and mapped, and in the jobs after the next sync.
import assert from "node:assert/strict";
import { test } from "node:test";

import { KomboGeneralError } from "@kombo-api/sdk/models/errors";

import { all, client, flatchr, refused, synchronise, tenant } from "./support.mjs";

const { ats, general } = client();
const integration_id = tenant;

test("integration fields are listed to the end, and each can be switched", async () => {
  const fields = await all(general.getIntegrationFields({ integration_id, page_size: 3 }));
  assert.ok(fields.length > 3);
  assert.equal(new Set(fields.map((field) => field.id)).size, fields.length);
  const field = fields.find((one) => one.key === "reference");
  assert.deepEqual([field.model, field.type, field.is_writable], ["ats_jobs", "DEFAULT", false]);

  const change = (enable_passthrough) =>
    general.updateIntegrationField({
      integration_id,
      integration_field_id: field.id,
      body: { enable_passthrough },
    });
  assert.equal((await change(true)).data.is_passthrough_enabled, true);
  assert.equal((await change(false)).data.is_passthrough_enabled, false);
  await refused(
    general.updateIntegrationField({
      integration_id,
      integration_field_id: "none",
      body: { enable_passthrough: true },
    }),
    KomboGeneralError,
    "PLATFORM.INPUT_INVALID",
    400,
  );
});

test("a custom field is mapped, and jobs have its value after the next sync", async () => {
  const [field] = await all(general.getCustomFields({ integration_id }));
  assert.deepEqual(
    [field.key, field.model, field.integration_field],
    ["our_reference", "ats_jobs", null],
  );
  const fields = await all(general.getIntegrationFields({ integration_id }));
  const { id, key } = fields.find((one) => one.key === "reference");
  const map = (integration_field_id) =>
    general.updateCustomFieldMapping({
      integration_id,
      custom_field_id: field.id,
      body: { integration_field_id },
    });

  assert.equal((await map(id)).data.integration_field.key, key);
  synchronise();

  const vacancies = await flatchr("/vacancies");
  assert.ok(vacancies.some((vacancy) => vacancy.reference));
  for (const job of await all(ats.getJobs())) {
    const vacancy = vacancies.find((one) => one.id === job.remote_id);
    assert.equal(job.custom_fields.our_reference ?? null, vacancy.reference || null);
  }
  assert.equal((await map(null)).data.integration_field, null);
});
