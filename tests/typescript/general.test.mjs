// Keys, tenants, syncs, tools and the passthrough; then the errors that every endpoint has.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KomboAtsError, KomboGeneralError } from "@kombo-api/sdk/models/errors";

import {
  addresses,
  all,
  client,
  company,
  flatchr,
  newTenant,
  otherTenant,
  readOnlyKey,
  refused,
  tenant,
} from "./support.mjs";

for (const server_url of addresses) {
  describe(`on ${new URL(server_url).pathname}`, () => {
    const { general } = client({ server_url });

    test("the key is told of", async () => {
      assert.ok((await general.checkApiKey()).data.environment_id);
    });

    test("a tenant is told of, its id percent-encoded in the address", async () => {
      const { data } = await general.getIntegrationDetails({ integration_id: tenant });
      assert.equal(data.id, tenant);
      assert.deepEqual([data.tool.id, data.category], ["flatchr", "ATS"]);
      assert.deepEqual([data.status, data.setup_status], ["ACTIVE", "COMPLETED"]);
      assert.equal(data.end_user.organization_name, "Nord");
      const available = data.read_models.filter((model) => model.is_available).map(({ id }) => id);
      for (const id of [
        "ats_jobs",
        "ats_candidates",
        "ats_applications",
        "ats_tags",
        "ats_users",
      ]) {
        assert.ok(available.includes(id), id);
      }
      assert.ok(!available.includes("ats_offers"));
    });

    test("the tools are told of", async () => {
      const { data } = await general.getTools({ category: "ats" });
      assert.deepEqual(
        data.tools.map((tool) => tool.id),
        ["flatchr"],
      );
      assert.deepEqual((await general.getTools({ category: "hris" })).data.tools, []);
    });

    test("a request is passed through to either host of Flatchr", async () => {
      const pass = (api, body) => general.sendPassthroughRequest({ tool: "flatchr", api, body });

      const columns = await pass("api", { method: "GET", path: `/company/${company}/columns` });
      assert.equal(columns.data.status, 200);
      assert.deepEqual(columns.data.data, await flatchr("/columns"));
      const missing = await pass("api", { method: "GET", path: "/nothing/there" });
      assert.equal(missing.data.status, 404);
      const career = await pass("career", { method: "GET", path: "/company/nobody.json" });
      assert.equal(career.data.status, 404);
      const encoded = await pass("api", {
        method: "GET",
        path: `/company/${company}/columns`,
        response_as_base64: true,
      });
      const text = Buffer.from(encoded.data.data, "base64").toString();
      assert.deepEqual(JSON.parse(text), columns.data.data);
    });
  });
}

describe("passthrough", () => {
  const { general } = client();
  const pass = (body, api = "api") =>
    general.sendPassthroughRequest({ tool: "flatchr", api, body });

  test("sends JSON", async () => {
    const path = `/company/${company}/search/applicants`;
    const found = await pass({ method: "POST", path, data: { hired: "true" } });
    assert.equal(found.data.status, 200);
    assert.ok(found.data.data.every((row) => row.hired));
  });

  test("stays on Flatchr's host, and knows two of them", async () => {
    const away = pass({ method: "GET", path: "http://127.0.0.1:9/" });
    await refused(away, KomboGeneralError, "PLATFORM.INPUT_INVALID", 400);
    const unknown = pass({ method: "GET", path: "/" }, "payroll");
    await refused(unknown, KomboGeneralError, "PLATFORM.INPUT_INVALID", 400);
  });
});

test("a sync that is asked for twice is queued once", async () => {
  const { general } = client();
  const first = await general.triggerSync({ type: "FULL" });
  const second = await general.triggerSync({ type: "FULL" });
  assert.deepEqual([first.data.already_queued, second.data.already_queued], [false, true]);
  assert.equal(first.data.sync_id, second.data.sync_id);
});

describe("errors", () => {
  test("a wrong key", async () => {
    const { ats, general } = client({ api_key: "relais_unknown" });
    await refused(ats.getJobs(), KomboAtsError, "PLATFORM.AUTHENTICATION_INVALID", 401);
    await refused(general.checkApiKey(), KomboGeneralError, "PLATFORM.AUTHENTICATION_INVALID", 401);
  });

  test("a tenant that is not there", async () => {
    const integration_id = "flatchr:222k7eCGyUdgt2JWZDNnkDs3";
    const { ats, general } = client({ integration_id });
    await refused(ats.getTags(), KomboAtsError, "PLATFORM.INTEGRATION_NOT_FOUND", 404);
    const details = general.getIntegrationDetails({ integration_id });
    await refused(details, KomboGeneralError, "PLATFORM.INTEGRATION_NOT_FOUND", 404);
  });

  test("a tenant that is not named", async () => {
    const { ats } = client({ integration_id: undefined });
    await refused(ats.getCandidates(), KomboAtsError, "PLATFORM.INPUT_INVALID", 400);
  });

  test("a tenant that was not read yet", async () => {
    const { ats } = client({ integration_id: newTenant });
    await refused(ats.getJobs(), KomboAtsError, "INTEGRATION.SETUP_SYNC_PENDING", 409);
  });

  test("a parameter that is out of bounds", async () => {
    const { ats } = client();
    const call = ats.getJobs({ page_size: 1000 });
    const error = await refused(call, KomboAtsError, "PLATFORM.INPUT_INVALID", 400);
    assert.match(error.message, /page_size/);
    await refused(ats.getJobs({ cursor: "none" }), KomboAtsError, "PLATFORM.INPUT_INVALID", 400);
  });

  test("a key that may only read", async () => {
    const { ats, general } = client({ api_key: readOnlyKey });
    assert.ok((await all(ats.getJobs())).length);
    const sync = general.triggerSync({ type: "FULL" });
    await refused(sync, KomboGeneralError, "PLATFORM.INPUT_INVALID", 403);
    const reject = ats.rejectApplication({
      application_id: "none",
      body: { rejection_reason_id: "x" },
    });
    await refused(reject, KomboAtsError, "PLATFORM.INPUT_INVALID", 403);
  });
});

test("a tenant is switched off and on, and deleted", async () => {
  const integration_id = otherTenant;
  const { ats, general } = client({ integration_id });
  const status = async () => (await general.getIntegrationDetails({ integration_id })).data.status;

  await general.setIntegrationEnabled({ integration_id, body: { value: false } });
  assert.equal(await status(), "INACTIVE");
  assert.ok((await all(ats.getJobs())).length, "its data can still be read");
  await refused(ats.getUsers(), KomboAtsError, "INTEGRATION.INACTIVE", 409);
  await general.setIntegrationEnabled({ integration_id, body: { value: true } });
  assert.equal(await status(), "ACTIVE");

  await general.deleteIntegration({ integration_id, body: {} });
  await refused(status(), KomboGeneralError, "PLATFORM.INTEGRATION_NOT_FOUND", 404);
  await refused(ats.getJobs(), KomboAtsError, "PLATFORM.INTEGRATION_NOT_FOUND", 404);
});
