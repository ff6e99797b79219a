// What the tests share: clients of the official SDK, and what Flatchr itself says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { Kombo } from "@kombo-api/sdk";

const { env } = process;

export const site = env.RELAIS_URL;
export const tenant = env.RELAIS_TENANT;
export const otherTenant = env.RELAIS_OTHER_TENANT;
export const newTenant = env.RELAIS_NEW_TENANT;
export const readOnlyKey = env.RELAIS_READ_ONLY_KEY;
export const company = env.FLATCHR_COMPANY;

// Every address answers with the version in front and without.
export const addresses = [`${site}/v1`, site];

/** The SDK on a running Relais; `options` are its own. */
export function client(options = {}) {
  return new Kombo({
    api_key: env.RELAIS_KEY,
    integration_id: tenant,
    server_url: `${site}/v1`,
    ...options,
  });
}

/** Every record, as the SDK's own loop over the pages finds them. */
export async function all(listing) {
  const found = [];
  for await (const page of await listing) {
    found.push(...page.result.data.results);
  }
  return found;
}

/** What Flatchr answers to `path` below the company. */
export async function flatchr(path, body) {
  const answer = await fetch(`${env.FLATCHR_URL}/company/${company}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${env.FLATCHR_KEY}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${path} answered ${answer.status}`);
  return answer.json();
}

/** Synchronise the tenant to the end, as the schedule would. */
export function synchronise() {
  const [python, ...manage] = JSON.parse(env.RELAIS_MANAGE);
  execFileSync(python, [...manage, "sync", tenant], { stdio: "pipe" });
}

/** Every applicant that Flatchr has, archived ones included, by id. */
export async function applicants() {
  const found = [
    ...(await flatchr("/search/applicants", {})),
    ...(await flatchr("/search/applicants", { status: 0 })),
  ];
  return new Map(found.map((row) => [row.applicant, row]));
}

/** Fails unless `call` is refused with this error of the SDK's; returns the error. */
export async function refused(call, kind, code, status) {
  const error = await call.then(
    () => assert.fail(`It was not refused with ${code}.`),
    (reason) => reason,
  );
  assert.ok(error instanceof kind, `${error?.name}: ${error?.message}`);
  assert.equal(error.data$.error.code, code, error.message);
  assert.equal(error.statusCode, status);
  assert.ok(error.data$.error.title);
  assert.ok(error.data$.error.message);
  return error;
}

export const sorted = (values) => [...values].sort();
export const ids = (records) => sorted(records.map((record) => record.id));
export const trimmed = (text) => (text ?? "").trim() || null;
