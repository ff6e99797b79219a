"""Ids from elsewhere: imported before or after the first sync, they are the records' own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import CharField, ForeignKey, JSONField, TextField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.changes.batches import floor
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    DecidedDeletion,
    HeldDeletion,
    HoldChoice,
    HoldDecision,
    Integration,
    Job,
    JobStage,
    KeptId,
    MirroredRecord,
    RecordChange,
    SearchEntry,
    SearchKind,
    SyncRun,
    Tag,
    TagProgress,
    TraitReading,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.search.filling import fill
from integrations.sync.kept_ids.importing import import_ids
from integrations.sync.kept_ids.reading import IdsRefused, KeptRow, read_rows
from tests.sync import people
from tests.sync.running import read_tags, sync, sync_with_tags, written

TABLES: dict[Model, type[MirroredRecord]] = {
    Model.JOBS: Job,
    Model.APPLICATION_STAGES: ApplicationStage,
    Model.CANDIDATES: Candidate,
    Model.APPLICATIONS: Application,
    Model.TAGS: Tag,
}


def elsewhere(number: int) -> str:
    """An id as another server would have made it."""
    return f"Kept{number:020d}".replace("0", "z")


def rows_for(tenant: Integration, models: Iterable[Model] = TABLES) -> list[KeptRow]:
    """An id from elsewhere for each record of the tenant."""
    rows: list[KeptRow] = []
    for model in models:
        mine = TABLES[model].objects.filter(integration=tenant).order_by("arrival", "pk")
        for remote_id in mine.values_list("remote_id", flat=True):
            number = len(rows) + 1
            rows.append(KeptRow(number, model, elsewhere(number), remote_id))
    return rows


def shown(tenant: Integration) -> dict[str, set[tuple[object, ...]]]:
    """What is stored of records and of what ties them, with remote ids in the place of ids."""
    return {
        "applications": set(
            Application.objects.values_list(
                "remote_id", "job__remote_id", "candidate__remote_id", "current_stage__remote_id"
            )
        ),
        "job stages": set(JobStage.objects.values_list("job__remote_id", "stage__remote_id")),
        "tags": set(CandidateTag.objects.values_list("candidate__remote_id", "tag__remote_id")),
        "readings": set(TraitReading.objects.values_list("application__remote_id")),
    }


def named_in_any_column(ids: set[str]) -> dict[str, list[str]]:
    """Which of these ids any column of Relais' tables has, by its name."""
    found = {}
    for table in apps.get_app_config("integrations").get_models():
        for field in table._meta.concrete_fields:
            if isinstance(field, CharField | TextField | ForeignKey | JSONField):
                values = table._base_manager.values_list(field.attname, flat=True)
                words = set(re.findall(r"\w{24}", " ".join(map(str, values))))
                if mine := sorted(ids & words):
                    found[f"{table.__name__}.{field.name}"] = mine
    return found


# The file


@pytest.mark.parametrize(
    "text",
    [
        "model,id,remote_id\njobs,Kept1,v1\ncandidates,Kept2,a1\n",
        "\ufeffmodel,id,remote_id\r\njobs,Kept1,v1\r\n\r\ncandidates,Kept2,a1\r\n",
        "remote id;Model;Old ID\nv1;Job;Kept1\na1;ats_candidates;Kept2\n",
        "jobs,Kept1,v1\ncandidates, Kept2 ,a1",
        '"model","old_id","remote_id","name"\n"Jobs","Kept1","v1","A; B"\nCandidate,Kept2,a1,C\n',
    ],
)
def test_a_file_is_read_in_every_usual_writing(text: str) -> None:
    rows = read_rows(StringIO(text, newline=""))
    assert [(row.model, row.id, row.remote_id) for row in rows] == [
        (Model.JOBS, "Kept1", "v1"),
        (Model.CANDIDATES, "Kept2", "a1"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no row in the file."),
        ("model,id,remote_id\n", "There is no row in the file."),
        ("jobs,Kept1\n", "Line 1: model, id and remote id are wanted."),
        ("offers,Kept1,v1\n", "Line 1: “offers” is no model. There are jobs, application_stages"),
        ("job_stages,Kept1,v1\n", "“job_stages” is no model."),
        ("jobs,Kept 1,v1\n", "Line 1: “Kept 1” cannot be an id"),
        (f"jobs,{'K' * 25},v1\n", "cannot be an id"),
        ("jobs,Kept1,\n", "Line 1: the remote id is missing"),
        ("jobs,K1,v1\njobs,K1,v2\n", "Line 2: the id K1 is another record’s in line 1."),
        ("jobs,K1,v1\njobs,K2,v1\n", "Line 2: the record has another id in line 1."),
        ("nobody,K1,v1\n" * 30, "10 more lines are wrong."),
        ('jobs,"K1\n', "Line 1: model, id and remote id are wanted."),
    ],
)
def test_what_is_wrong_with_a_file_is_said_line_by_line(text: str, said: str) -> None:
    with pytest.raises(IdsRefused) as refused:
        read_rows(StringIO(text, newline=""))
    assert any(said in problem for problem in refused.value.problems), refused.value.problems


def test_a_person_may_be_named_by_each_of_its_applications() -> None:
    rows = read_rows(StringIO("candidates,K1,a1\ncandidates,K1,a2\n"))
    assert [row.remote_id for row in rows] == ["a1", "a2"]


# Records that are there


@pytest.mark.django_db(transaction=True)
def test_records_that_are_there_get_their_ids_with_all_that_names_them(
    first_synced: Integration, sandbox: Sandbox
) -> None:
    read_tags(first_synced)
    job = Job.objects.filter(applications__isnull=False).first()
    assert job is not None
    RecordChange.objects.create(
        model=Model.JOBS, record_id=job.pk, integration=first_synced, at=timezone.now()
    )
    fill(SearchKind.JOB, [job.pk])
    queued = list(Application.objects.order_by("pk").values_list("pk", flat=True)[:3])
    TagProgress.objects.filter(pk=first_synced.pk).update(queue=queued)
    run = first_synced.runs.latest("pk")
    HeldDeletion.objects.create(run=run, model=Model.JOBS, record_id=job.pk)
    decision = HoldDecision.objects.create(run=run, choice=HoldChoice.KEPT)
    DecidedDeletion.objects.create(decision=decision, model=Model.JOBS, record_id=job.pk)
    before = shown(first_synced)
    assert all(len(found) > 3 for found in before.values())
    began = timezone.now()
    rows = rows_for(first_synced)
    former = {pk for table in TABLES.values() for pk in table.objects.values_list("pk", flat=True)}

    imported = import_ids(first_synced, rows)

    assert shown(first_synced) == before
    assert named_in_any_column(former) == {}
    HeldDeletion.objects.all().delete()
    HoldDecision.objects.all().delete()
    for row in rows:
        assert TABLES[row.model].objects.get(pk=row.id).remote_id == row.remote_id
    for model, table in TABLES.items():
        assert imported[model] == (table.objects.count(), 0)
        assert table.objects.filter(changed_at__gte=began).count() == table.objects.count()
    now = Job.objects.get(remote_id=job.remote_id).pk
    assert now != job.pk
    assert RecordChange.objects.filter(model=Model.JOBS, record_id=now).exists()
    assert SearchEntry.objects.get(kind=SearchKind.JOB, record_id=now)
    assert not SearchEntry.objects.filter(record_id=job.pk).exists()
    queue = TagProgress.objects.get(pk=first_synced.pk).queue
    assert set(queue) <= set(Application.objects.values_list("pk", flat=True))

    # A later sync knows them by these ids, and so does the import when it is run again.
    run = sync(first_synced)
    assert {model: counts for model, counts in written(run).items() if "deleted" in counts} == {}
    assert shown(first_synced) == before
    with CaptureQueriesContext(connection) as queries:
        assert import_ids(first_synced, rows) == imported
    assert not [one for one in queries if "UPDATE" in one["sql"] and "_job" in one["sql"]]


@pytest.mark.django_db(transaction=True)
def test_who_asks_for_what_has_changed_is_told_of_the_new_ids(first_synced: Integration) -> None:
    asked = timezone.now()
    rows = rows_for(first_synced, [Model.CANDIDATES])

    import_ids(first_synced, rows)

    changed = Candidate.objects.filter(
        changed_at__gte=floor(first_synced.pk, asked, [Model.CANDIDATES])
    )
    assert set(changed.values_list("pk", flat=True)) == {row.id for row in rows}


# Records that come later


@pytest.mark.django_db(transaction=True)
def test_ids_that_are_imported_first_wait_for_the_sync(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    zoe = people.add(sandbox, "Zoé", "zoe@mail.example")
    # Flatchr lists who was changed last first: this one is seen before the other.
    again = people.add(sandbox, "Zoé", "zoe@mail.example", updated=people.LATER)
    alone = people.add(sandbox, "Max", "max@mail.example")
    rows = [
        KeptRow(1, Model.CANDIDATES, "KeptZoe", zoe),
        KeptRow(2, Model.APPLICATIONS, "KeptZoeOnce", zoe),
        KeptRow(3, Model.APPLICATIONS, "KeptZoeTwice", again),
        KeptRow(4, Model.CANDIDATES, "KeptGone", "nobody"),
    ]
    assert import_ids(connected_tenant, rows)[Model.CANDIDATES] == (0, 2)

    sync_with_tags(connected_tenant)

    assert people.application(zoe).pk == "KeptZoeOnce"
    assert people.application(again).pk == "KeptZoeTwice"
    assert people.candidate_of(zoe).pk == people.candidate_of(again).pk == "KeptZoe"
    assert people.candidate_of(alone).pk not in {row.id for row in rows}
    assert KeptId.objects.get(remote_id="nobody").applied_at is None

    today = sandbox.world.clock().date()
    late = people.add(sandbox, "Lou", "lou@mail.example", updated=today)
    import_ids(connected_tenant, [KeptRow(1, Model.CANDIDATES, "KeptLou", late)])
    sync_with_tags(connected_tenant, "DELTA")
    assert people.candidate_of(late).pk == "KeptLou"


@pytest.mark.django_db(transaction=True)
def test_two_persons_here_who_were_one_elsewhere_keep_apart(first_synced: Integration) -> None:
    first, second = Candidate.objects.order_by("arrival", "pk")[:2]
    number = Candidate.objects.count()

    import_ids(
        first_synced,
        [
            KeptRow(1, Model.CANDIDATES, "KeptOne", first.remote_id),
            KeptRow(2, Model.CANDIDATES, "KeptOne", second.remote_id),
        ],
    )

    assert Candidate.objects.count() == number
    assert Candidate.objects.get(pk="KeptOne").remote_id == first.remote_id
    assert Candidate.objects.get(pk=second.pk).remote_id == second.remote_id


@pytest.mark.django_db(transaction=True)
def test_one_person_here_who_was_two_elsewhere_keeps_the_first_id(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    once = people.add(sandbox, "Zoé", "zoe@mail.example")
    again = people.add(sandbox, "Zoé", "zoe@mail.example", updated=people.LATER)
    sync_with_tags(connected_tenant)
    import_ids(connected_tenant, [KeptRow(1, Model.CANDIDATES, "KeptFirst", again)])
    assert people.candidate_of(once).pk == "KeptFirst"

    import_ids(connected_tenant, [KeptRow(1, Model.CANDIDATES, "KeptSecond", once)])
    sync_with_tags(connected_tenant)
    assert people.candidate_of(once).pk == people.candidate_of(again).pk == "KeptFirst"

    # The line itself may be corrected.
    import_ids(connected_tenant, [KeptRow(1, Model.CANDIDATES, "KeptRight", again)])
    assert people.candidate_of(once).pk == "KeptRight"


@pytest.mark.django_db(transaction=True)
def test_while_a_sync_runs_they_wait_for_its_end(first_synced: Integration) -> None:
    job = Job.objects.order_by("pk").first()
    assert job is not None
    run = SyncRun.objects.create(
        integration=first_synced, type="FULL", state="RUNNING", lease_owner="another"
    )
    row = KeptRow(1, Model.JOBS, "KeptJob", job.remote_id)

    assert import_ids(first_synced, [row])[Model.JOBS] == (0, 1)
    assert Job.objects.filter(pk=job.pk).exists()

    run.delete()
    assert import_ids(first_synced, [row])[Model.JOBS] == (1, 0)
    assert Job.objects.get(remote_id=job.remote_id).pk == "KeptJob"


# What cannot be


@pytest.mark.django_db(transaction=True)
def test_ids_of_other_records_are_refused_and_nothing_is_changed(
    first_synced: Integration, other_tenant: Integration
) -> None:
    first, second = Job.objects.order_by("pk")[:2]
    import_ids(first_synced, [KeptRow(1, Model.JOBS, "KeptJob", first.remote_id)])
    stored = set(Job.objects.values_list("pk", "remote_id"))
    for tenant, row in (
        (first_synced, KeptRow(7, Model.JOBS, "KeptJob", second.remote_id)),
        (first_synced, KeptRow(7, Model.JOBS, "KeptJob", "not there")),
        (first_synced, KeptRow(7, Model.JOBS, second.pk, first.remote_id)),
        (other_tenant, KeptRow(7, Model.JOBS, second.pk, second.remote_id)),
        (other_tenant, KeptRow(7, Model.JOBS, "KeptJob", first.remote_id)),
    ):
        with pytest.raises(IdsRefused, match="Line 7: the id"):
            import_ids(tenant, [KeptRow(1, Model.JOBS, "KeptNew", "new"), row])
    assert set(Job.objects.values_list("pk", "remote_id")) == stored
    assert not KeptId.objects.filter(record_id="KeptNew").exists()


@pytest.mark.django_db(transaction=True)
def test_the_command_says_how_many_are_in_use_and_how_many_wait(
    first_synced: Integration, tmp_path: Path
) -> None:
    job = Job.objects.order_by("pk").first()
    assert job is not None
    file = tmp_path / "ids.csv"
    file.write_text(f"model,id,remote_id\njobs,KeptJob,{job.remote_id}\njobs,KeptLater,v99\n")
    out = StringIO()

    call_command("import_ids", first_synced.pk, str(file), "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert told == {"integration": first_synced.pk, "models": {"jobs": {"used": 1, "waiting": 1}}}
    said = StringIO()
    call_command("import_ids", first_synced.pk, str(file), stdout=said)
    assert said.getvalue() == "jobs: 1 in use, 1 wait for their records\n"

    file.write_bytes(b"jobs,Kept\xe9,v1\n")
    for arguments, code in (
        ((first_synced.pk, str(tmp_path / "none.csv")), 2),
        ((first_synced.pk, str(file)), 2),
        (("flatchr:unknown", str(file)), 2),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("import_ids", *arguments)
        assert refused.value.returncode == code
    file.write_text("offers,Kept1,v1\n")
    errors = StringIO()
    with pytest.raises(CommandError, match="Nothing was changed") as refused:
        call_command("import_ids", first_synced.pk, str(file), stderr=errors)
    assert refused.value.returncode == 1
    assert "“offers” is no model" in errors.getvalue()
