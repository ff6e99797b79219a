// Links for a customer to connect, reconnect and set up with, and what came of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { KomboGeneralError } from "@kombo-api/sdk/models/errors";

import { addresses, client, refused, site, tenant } from "./support.mjs";

async function opens(link) {
  assert.ok(link.startsWith(`${site}/`), link);
  const page = await fetch(link);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type"), /^text\/html/);
}

for (const server_url of addresses) {
  test(`every kind of link is made, on ${new URL(server_url).pathname}, and opens`, async () => {
    const { connect, general } = client({ server_url });
    const made = await connect.createConnectionLink({
      end_user_email: "rh@nord.example",
      end_user_organization_name: "Ateliers du Nord",
      end_user_origin_id: "c-17",
      integration_category: "ATS",
      integration_tool: "flatchr",
      remote_environment: "sandbox",
      link_type: "MAGIC_LINK",
    });
    await opens(made.data.link);
    const again = await general.createReconnectionLink({ integration_id: tenant, body: {} });
    await opens(again.data.link);
    const body = { link_type: "EMBEDDED" };
    await opens((await general.createSetupLink({ integration_id: tenant, body })).data.link);
  });
}

test("what no link has made is not there", async () => {
  const { connect } = client();
  const call = connect.getIntegrationByToken({ token: "nothing" });
  await refused(call, KomboGeneralError, "PLATFORM.INTEGRATION_NOT_FOUND", 404);
});

test("a link for somebody without an address is refused", async () => {
  const { connect } = client();
  const call = connect.createConnectionLink({
    end_user_email: "nobody",
    end_user_organization_name: "Ateliers du Nord",
    integration_tool: "flatchr",
  });
  await refused(call, KomboGeneralError, "PLATFORM.INPUT_INVALID", 400);
});
