// What changes something at Flatchr, and what is asked of it live.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { KomboAtsError } from "@kombo-api/sdk/models/errors";

import { addresses, all, applicants, client, refused } from "./support.mjs";

const { ats } = client();
let job, open, pdf;

before(async () => {
  [job] = await all(ats.getJobs({ statuses: ["OPEN"] }));
  // Flatchr changes an application by its job. In an order that is the same in every run.
  open = (await all(ats.getApplications({ outcomes: ["PENDING"] })))
    .filter((application) => application.job)
    .sort((one, other) => (one.remote_id < other.remote_id ? -1 : 1));
  const { file } = await firstCv();
  pdf = Buffer.from(await (await fetch(file.data_url)).arrayBuffer());
});

/** An application that has a CV, and that. */
async function firstCv() {
  for (const application of open) {
    const found = await ats.getApplicationAttachments({ application_id: application.id });
    const [file] = found.data.results;
    if (file) return { application, file };
  }
  return assert.fail("No application has a CV.");
}

const person = (name, more = {}) => ({
  first_name: name,
  last_name: "Perrot",
  email_address: `${name.toLowerCase()}.perrot@courrier.example`,
  phone_number: "+33 6 39 98 00 01",
  ...more,
});

const cv = () => ({
  name: "cv.pdf",
  type: "CV",
  content_type: "application/pdf",
  data: pdf.toString("base64"),
});

async function atFlatchr(email) {
  const found = [...(await applicants()).values()].filter((row) => row.email === email);
  assert.equal(found.length, 1, `Flatchr has ${found.length} applicants with ${email}`);
  return found[0];
}

describe("creating", () => {
  test("an application, answered with its whole record", async () => {
    const candidate = person("Nadia");
    const created = await ats.createApplication({
      job_id: job.id,
      body: { candidate, attachments: [cv()] },
    });

    const row = await atFlatchr(candidate.email_address);
    assert.equal(created.data.remote_id, row.applicant);
    assert.equal(created.data.outcome, "PENDING");
    assert.equal(created.data.job_id, job.id);
    assert.equal(created.data.candidate.first_name, "Nadia");
    const [listed] = await all(ats.getApplications({ ids: [created.data.id] }));
    assert.equal(listed.candidate_id, created.data.candidate_id);
    const found = await ats.getApplicationAttachments({ application_id: created.data.id });
    const kept = await fetch(found.data.results[0].data_url);
    assert.deepEqual(Buffer.from(await kept.arrayBuffer()), pdf);
  });

  for (const server_url of addresses) {
    const pathname = new URL(server_url).pathname;

    test(`a candidate by the job's remote id, on ${pathname}`, async () => {
      const candidate = person(pathname === "/" ? "Ines" : "Malo", { company: "Ateliers Réunis" });
      const created = await client({ server_url }).ats.createCandidate({
        candidate,
        application: { job_id: `remote:${job.remote_id}` },
        attachments: [cv()],
      });

      const row = await atFlatchr(candidate.email_address);
      assert.equal(created.data.first_name, candidate.first_name);
      assert.deepEqual(
        created.data.applications.map((one) => one.remote_id),
        [row.applicant],
      );
      assert.ok(created.warnings.some((warning) => warning.message.includes("company")));
    });
  }

  test("the same application twice is refused, and Flatchr has it once", async () => {
    const candidate = person("Basile");
    const create = () =>
      ats.createApplication({ job_id: job.id, body: { candidate, attachments: [cv()] } });
    await create();
    await refused(create(), KomboAtsError, "ATS.APPLICATION_ALREADY_EXISTS", 409);
    await atFlatchr(candidate.email_address);
  });

  test("for a job that does not exist is refused", async () => {
    const body = { candidate: person("Nobody"), attachments: [cv()] };
    for (const job_id of ["none", "remote:a/b"]) {
      await refused(
        ats.createApplication({ job_id, body }),
        KomboAtsError,
        "PLATFORM.INPUT_INVALID",
        400,
      );
    }
  });
});

describe("acting", () => {
  test("an application is moved", async () => {
    const [application] = open;
    const stages = await all(ats.getApplicationStages());
    const titles = stages.map((stage) => stage.name);
    const stage = stages.find(
      ({ id, name }) =>
        id !== application.current_stage_id &&
        titles.filter((title) => title === name).length === 1 &&
        !name.startsWith("Recrut"),
    );

    const moved = await ats.moveApplicationToStage({
      application_id: application.id,
      body: { stage_id: stage.id },
    });

    assert.deepEqual(moved.warnings, []);
    const [listed] = await all(ats.getApplications({ ids: [application.id] }));
    assert.equal(listed.current_stage_id, stage.id);
    const row = (await applicants()).get(application.remote_id);
    assert.equal(row.column.trim(), stage.name);
  });

  test("an application is rejected", async () => {
    const application = open.at(-1);
    const reject = (body) => ats.rejectApplication({ application_id: application.id, body });

    await reject({ rejection_reason_id: "none" });

    const [listed] = await all(ats.getApplications({ ids: [application.id] }));
    assert.equal(listed.outcome, "DECLINED");
    assert.equal((await applicants()).get(application.remote_id).status, 0);
  });

  test("a tag is set, and cannot be taken off", async () => {
    const [candidate] = await all(ats.getCandidates({ ids: [open[1].candidate_id] }));
    const carried = candidate.tags.map((tag) => tag.name);
    const tags = await all(ats.getTags());
    const tag = tags.find(({ name }) => name.includes(": ") && !carried.includes(name));
    const request = { candidate_id: candidate.id, body: { tag: { name: tag.name } } };

    const added = await ats.addCandidateTag(request);

    assert.deepEqual(added.warnings, []);
    const [listed] = await all(ats.getCandidates({ ids: [candidate.id] }));
    assert.ok(listed.tags.some(({ name }) => name === tag.name));
    await refused(
      ats.removeCandidateTag(request),
      KomboAtsError,
      "INTEGRATION.ACTION_NOT_AVAILABLE",
      400,
    );
  });

  test("the CVs of an application and of its candidate are listed and opened", async () => {
    const { application, file } = await firstCv();
    assert.deepEqual([file.type, file.content_type], ["CV", "application/pdf"]);

    const { candidate_id } = application;
    const found = await ats.getCandidateAttachments({ candidate_id });

    assert.deepEqual(found.warnings, []);
    const same = found.data.results.find((one) => one.application_id === application.id);
    assert.deepEqual([same.candidate_id, same.file_name], [candidate_id, file.file_name]);
    const opened = await fetch(same.data_url);
    assert.deepEqual(Buffer.from(await opened.arrayBuffer()), pdf);
  });
});

test("what Flatchr cannot do is refused with the reason", async () => {
  const application_id = open[0].id;
  const candidate_id = open[0].candidate_id;
  const link = { url: "https://essai.example/1", label: "Essai" };
  const note = { content: "Rappeler", content_type: "PLAIN_TEXT" };
  const file = { attachment: cv() };
  const imported = {
    tracked_at: new Date(),
    greenhouse: { id_type: "application_id", application_id: "none" },
  };
  const calls = [
    () => ats.addApplicationNote({ application_id, body: note }),
    () => ats.addApplicationResultLink({ application_id, body: link }),
    () => ats.addCandidateResultLink({ candidate_id, body: link }),
    () => ats.addApplicationAttachment({ application_id, body: file }),
    () => ats.addCandidateAttachment({ candidate_id, body: file }),
    () => ats.importTrackedApplication(imported),
  ];
  for (const call of calls) {
    await refused(call(), KomboAtsError, "INTEGRATION.ACTION_NOT_AVAILABLE", 400);
  }
});

test("models that Flatchr does not have are said to be not available", async () => {
  for (const list of ["getRoles", "getOffers", "getRejectionReasons", "getInterviews"]) {
    await refused(ats[list](), KomboAtsError, "INTEGRATION.MODEL_NOT_AVAILABLE", 400);
  }
});
