// The lists: read to the end by the SDK, and compared with what Flatchr has.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { addresses, all, applicants, client, flatchr, ids, sorted, trimmed } from "./support.mjs";

const OUTCOMES = { hired: "HIRED", archived: "DECLINED", open: "PENDING" };

function outcome(row) {
  if (row.hired) return OUTCOMES.hired;
  return row.status === 0 ? OUTCOMES.archived : OUTCOMES.open;
}

/** Records with a cursor that leads on to the last of them. */
async function inPages(list, size) {
  const pages = [];
  for await (const page of await list({ page_size: size })) pages.push(page.result.data);
  assert.ok(pages.length > 1, "the pages are small enough for there to be several");
  assert.ok(pages.every((page) => page.results.length <= size));
  assert.equal(pages.at(-1).next, null);
  return pages.flatMap((page) => page.results);
}

for (const server_url of addresses) {
  describe(`on ${new URL(server_url).pathname}`, () => {
    const { ats } = client({ server_url });
    let rows, vacancies, columns;

    before(async () => {
      rows = await applicants();
      vacancies = await flatchr("/vacancies");
      columns = await flatchr("/columns");
    });

    test("jobs are the vacancies of Flatchr", async () => {
      const jobs = await inPages((page) => ats.getJobs(page), 3);

      assert.deepEqual(
        sorted(jobs.map((job) => job.remote_id)),
        sorted(vacancies.map((v) => v.id)),
      );
      for (const job of jobs) {
        const vacancy = vacancies.find((one) => one.id === job.remote_id);
        assert.equal(job.name, trimmed(vacancy.title));
        assert.equal(job.status, { 1: "OPEN", 0: "CLOSED" }[vacancy.status]);
        assert.equal(job.remote_created_at.getTime(), Date.parse(vacancy.created_at));
        assert.ok(job.changed_at instanceof Date);
        assert.equal(job.remote_deleted_at, null);
        assert.deepEqual(
          sorted(job.stages.map((stage) => stage.remote_id)),
          sorted(columns.map((column) => String(column.id))),
        );
        assert.deepEqual(
          [job.screening_questions, job.job_postings, job.hiring_team],
          [[], [], []],
        );
      }
    });

    test("applications are the applicants of Flatchr", async () => {
      const applications = await inPages((page) => ats.getApplications(page), 25);

      assert.deepEqual(sorted(applications.map((one) => one.remote_id)), sorted(rows.keys()));
      for (const application of applications) {
        const row = rows.get(application.remote_id);
        const vacancy = vacancies.find((one) => one.vacancy_id === row.vacancy_id);
        assert.equal(application.outcome, outcome(row));
        assert.equal(application.job?.remote_id, vacancy?.id);
        assert.equal(application.job?.id, application.job_id ?? undefined);
        assert.equal(application.candidate.id, application.candidate_id);
        assert.equal(application.current_stage?.name ?? null, trimmed(row.column));
        assert.deepEqual([application.interviews, application.offers], [[], []]);
      }
      assert.ok(new Set(applications.map((one) => one.outcome)).size > 1);
    });

    test("candidates are the people behind them", async () => {
      const candidates = await inPages((page) => ats.getCandidates(page), 25);

      const told = candidates.flatMap((one) => one.applications.map((each) => each.remote_id));
      assert.deepEqual(sorted(told), sorted(rows.keys()));
      for (const candidate of candidates) {
        const own = candidate.applications.map((each) => rows.get(each.remote_id));
        assert.ok(own.some((row) => trimmed(row.firstname) === candidate.first_name));
        assert.ok(own.some((row) => trimmed(row.lastname) === candidate.last_name));
        for (const { email_address } of candidate.email_addresses) {
          const known = own.map((row) => trimmed(row.email)?.toLowerCase());
          assert.ok(known.includes(email_address.toLowerCase()));
        }
        for (const { outcome: told, remote_id, job } of candidate.applications) {
          assert.equal(told, outcome(rows.get(remote_id)));
          assert.ok(job === null || vacancies.some((vacancy) => vacancy.id === job.remote_id));
        }
      }
    });

    test("application stages are the columns of Flatchr", async () => {
      const stages = await inPages((page) => ats.getApplicationStages(page), 2);

      assert.deepEqual(
        sorted(stages.map((stage) => `${stage.remote_id} ${stage.name}`)),
        sorted(columns.map((column) => `${column.id} ${trimmed(column.title)}`)),
      );
    });

    test("tags are those of Flatchr's candidates, value by value", async () => {
      const tags = await inPages((page) => ats.getTags(page), 2);

      const given = await flatchr("/tags");
      for (const { title, values, type } of given.filter((tag) => tag.type === "candidates")) {
        const named = values.split(";").map(trimmed).filter(Boolean);
        const expected = named.length
          ? named.map((value) => `${trimmed(title)}: ${value}`)
          : [trimmed(title)];
        for (const name of expected)
          assert.ok(
            tags.some((tag) => tag.name === name),
            `${type} ${name}`,
          );
      }
      assert.equal(new Set(tags.map((tag) => tag.id)).size, tags.length);
    });

    test("users are the members of Flatchr", async () => {
      const users = await inPages((page) => ats.getUsers(page), 2);

      const members = await flatchr("/members?fields=user");
      assert.deepEqual(
        sorted(
          users.map((one) => `${one.remote_id} ${one.first_name} ${one.last_name} ${one.email}`),
        ),
        sorted(
          members.map(({ user }) => `${user.id} ${user.firstname} ${user.lastname} ${user.email}`),
        ),
      );
      for (const { system_roles, changed_at } of users) {
        assert.equal(system_roles[0].scope, "SYSTEM");
        assert.ok(changed_at instanceof Date);
      }
      const { email, id, remote_id } = users[0];
      assert.deepEqual(ids(await all(ats.getUsers({ emails: [email.toUpperCase()] }))), [id]);
      assert.deepEqual(ids(await all(ats.getUsers({ remote_ids: [remote_id], ids: [id] }))), [id]);
    });
  });
}

describe("filters", () => {
  const { ats } = client();
  let jobs, candidates, applications;

  before(async () => {
    jobs = await all(ats.getJobs());
    candidates = await all(ats.getCandidates());
    applications = await all(ats.getApplications());
  });

  test("by id and remote id on every list, all of which have to hold", async () => {
    for (const list of [
      "getJobs",
      "getCandidates",
      "getApplications",
      "getApplicationStages",
      "getTags",
    ]) {
      const get = (filters) => all(ats[list](filters));
      const [first, second] = await get({});
      assert.deepEqual(
        ids(await get({ ids: [first.id, second.id] })),
        sorted([first.id, second.id]),
        list,
      );
      assert.deepEqual(ids(await get({ remote_ids: [second.remote_id] })), [second.id], list);
      assert.deepEqual(await get({ ids: [first.id], remote_ids: [second.remote_id] }), [], list);
    }
  });

  test("of jobs", async () => {
    const matching = async (filters, fits) =>
      assert.deepEqual(
        ids(await all(ats.getJobs(filters))),
        ids(jobs.filter(fits)),
        JSON.stringify(filters),
      );
    const { name, post_url } = jobs.find((job) => job.post_url);

    await matching({ statuses: ["OPEN"] }, (job) => job.status === "OPEN");
    await matching({ statuses: ["CLOSED", "ARCHIVED"] }, (job) => job.status === "CLOSED");
    await matching(
      { employment_types: ["FULL_TIME"] },
      (job) => job.employment_type === "FULL_TIME",
    );
    await matching({ visibilities: ["PUBLIC", "INTERNAL"] }, (job) =>
      ["PUBLIC", "INTERNAL"].includes(job.visibility),
    );
    await matching({ post_url }, (job) => job.post_url === post_url);
    await matching({ name_contains: name.slice(1, 6).toUpperCase() }, (job) =>
      job.name.toLowerCase().includes(name.slice(1, 6).toLowerCase()),
    );
    await matching({ remote_created_after: new Date("2999-01-01T00:00:00Z") }, () => false);
    await matching({ job_codes: ["A1"] }, () => false);
    await matching({ job_codes: ["A1"], ignore_unsupported_filters: true }, () => true);
  });

  test("of candidates", async () => {
    const matching = async (filters, fits) =>
      assert.deepEqual(
        ids(await all(ats.getCandidates(filters))),
        ids(candidates.filter(fits)),
        JSON.stringify(filters),
      );
    const one = candidates.find((each) => each.email_addresses.length && each.applications[0].job);
    const { email_address } = one.email_addresses[0];
    const job = one.applications[0].job.id;

    await matching({ email: email_address.toUpperCase() }, (each) =>
      each.email_addresses.some(
        (item) => item.email_address.toLowerCase() === email_address.toLowerCase(),
      ),
    );
    await matching(
      { first_name: one.first_name.toUpperCase() },
      (each) => each.first_name === one.first_name,
    );
    await matching(
      { last_name: one.last_name.toLowerCase() },
      (each) => each.last_name === one.last_name,
    );
    await matching({ job_ids: [job] }, (each) =>
      each.applications.some((item) => item.job?.id === job),
    );
  });

  test("of applications", async () => {
    const matching = async (filters, fits) =>
      assert.deepEqual(
        ids(await all(ats.getApplications(filters))),
        ids(applications.filter(fits)),
        JSON.stringify(filters),
      );
    const { job, current_stage_id } = applications.find(
      (each) => each.job && each.current_stage_id,
    );

    await matching({ outcomes: ["DECLINED", "HIRED"] }, (each) => each.outcome !== "PENDING");
    await matching({ job_ids: [job.id] }, (each) => each.job_id === job.id);
    await matching({ job_remote_ids: [job.remote_id] }, (each) => each.job_id === job.id);
    await matching(
      { current_stage_ids: [current_stage_id] },
      (each) => each.current_stage_id === current_stage_id,
    );
    await matching(
      { outcomes: ["PENDING"], job_ids: [job.id] },
      (each) => each.outcome === "PENDING" && each.job_id === job.id,
    );
  });

  test("by the time of the last change", async () => {
    const newest = Math.max(...candidates.map((one) => one.changed_at.getTime()));
    for (const list of [
      "getJobs",
      "getCandidates",
      "getApplications",
      "getApplicationStages",
      "getTags",
    ]) {
      const everything = await all(ats[list]({ include_deleted: true }));
      const since = (when) =>
        all(ats[list]({ updated_after: new Date(when), include_deleted: true }));
      assert.deepEqual(ids(await since(0)), ids(everything), list);
      assert.deepEqual(await since(newest + 3_600_000), [], list);
    }
  });
});
