"""A unified field has one entry, from which everything but its column and its mapping follows.

The proof: a copy of Relais is given a field that it does not have, in four files, and shows it
everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from integrations.field_catalogue import FieldType, api_names, fields_of
from integrations.records import ApplicationRecord, JobRecord, PersonRecord

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("config", "integrations", "templates", "tests", "manage.py", "pyproject.toml")

# Each file, the text in it before which something is put in, and what.
ENTRY = (
    "integrations/records.py",
    "    # Values by the keys that the installation has given them.\n",
    """    advert_language: Annotated[
        str | None,
        Unified(
            "Language of the advert",
            "language",
            "As Flatchr writes it.",
            note="What the advert is written in.",
            example="fr_FR",
            export="Advert language",
        ),
    ]
""",
)
COLUMN = (
    "integrations/models/ats.py",
    "    custom_fields = models.JSONField(default=dict)\n",
    "    advert_language = models.TextField(null=True)\n",
)
MAPPING = (
    "integrations/flatchr/mapping/jobs.py",
    "            integration_fields=integration_fields,\n",
    '            advert_language=text(data.get("language"), "advert_language", notes),\n',
)
TEST = """
import csv

import orjson
import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from integrations.api.general.coverage import READ_MODELS
from integrations.api.openapi.records import APPLICATION, CANDIDATE, JOB
from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.scope import ReadScope
from integrations.exports.service import download
from integrations.exports.writing import Wanted
from integrations.models import Application, Candidate, Job, RecordChange
from tests.sync.running import sync


@pytest.mark.django_db(transaction=True)
def test_the_invented_field_is_everywhere(sandbox, make_tenant, admin, logged_in):
    tenant = make_tenant("Atelier Nord", sandbox=sandbox)
    sync(tenant)

    rows = [orjson.loads(row) for row in JOBS.page(ReadScope(tenant.pk), QueryDict()).rows]
    assert rows
    assert {row["advert_language"] for row in rows} == {"fr_FR"}

    assert JOB["properties"]["advert_language"] == {
        "type": ["string", "null"],
        "description": "What the advert is written in.",
        "examples": ["fr_FR"],
    }
    assert "advert_language" in JOB["required"]
    jobs = next(model for model in READ_MODELS if model.id == "ats_jobs")
    assert ("advert_language", True) in jobs.fields

    file = download(
        Job.objects.all(), Wanted(kind="job"), user=None, filters="", integration=tenant
    )
    lines = b"".join(file.stream).decode("utf-8-sig").splitlines()
    exported = list(csv.DictReader(lines))
    assert [row["advert_language"] for row in exported] == ["fr_FR"] * len(rows)

    page = logged_in(admin).get(reverse("admin:integrations_job_change", args=[rows[0]["id"]]))
    assert "Language of the advert" in page.content.decode()
    assert "As Flatchr writes it." in page.content.decode()

    for listing, schema, field, label, model in (
        (CANDIDATES, CANDIDATE, "nickname", "Nickname", Candidate),
        (APPLICATIONS, APPLICATION, "heard_at", "Heard at", Application),
    ):
        shown = [orjson.loads(row) for row in listing.page(ReadScope(tenant.pk), QueryDict()).rows]
        assert shown
        assert all(row[field] for row in shown)
        assert field in schema["required"]
        kind = model._meta.model_name
        file = download(
            model.objects.all(), Wanted(kind=kind), user=None, filters="", integration=tenant
        )
        lines = b"".join(file.stream).decode("utf-8-sig").splitlines()
        assert len(lines) > 1
        assert all(row[field] for row in csv.DictReader(lines))
        page = logged_in(admin).get(
            reverse(f"admin:integrations_{kind}_change", args=[shown[0]["id"]])
        )
        assert label in page.content.decode()

    # A sync takes a changed value for a change of the record, and notes which field it was.
    changed = Job.objects.get(pk=rows[0]["id"])
    Job.objects.filter(pk=changed.pk).update(
        advert_language="en_GB", fingerprint=b"x" * 16, content_hash=b"x" * 16
    )
    sync(tenant)
    change = RecordChange.objects.get(record_id=changed.pk)
    assert change.fields == [{"field": "advert_language", "old": "en_GB", "new": "fr_FR"}]
"""

# The same for a candidate and for an application, by the same four files.
OTHERS = (
    (
        "integrations/records.py",
        "\n\n@dataclass(slots=True)\nclass ApplicationRecord:",
        """    nickname: Annotated[
        str | None, Unified("Nickname", "firstname", "As typed.", export="Called")
    ] = None
""",
    ),
    (
        "integrations/records.py",
        "\n\n@dataclass(slots=True)\nclass RawApplicant:",
        """    heard_at: Annotated[
        datetime | None, Unified("Heard at", "created_at", "As a day.", export="Heard at")
    ] = None
""",
    ),
    (
        "integrations/models/ats.py",
        "    objects = CandidateQuerySet",
        "    nickname = models.TextField(null=True)\n",
    ),
    (
        "integrations/models/ats.py",
        "    objects = ApplicationQuerySet",
        "    heard_at = models.DateTimeField(null=True)\n",
    ),
    (
        "integrations/flatchr/mapping/applicants.py",
        "        )\n        outcome = _outcome(",
        '            text(get("firstname"), "nickname", person_notes),\n',
    ),
    (
        "integrations/flatchr/mapping/applicants.py",
        "        )\n\n    def _job(",
        '            day(get("created_at"), "heard_at", notes),\n',
    ),
)


def put_in(folder: Path, file: str, before: str, text: str) -> None:
    path = folder / file
    source = path.read_text(encoding="utf-8")
    assert source.count(before) == 1, file
    path.write_text(source.replace(before, text + before), encoding="utf-8")


def run(folder: Path, *command: str) -> str:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("RELAIS_TEST_DIR", "TEST_DATABASE_URL", "PYTEST_CURRENT_TEST")
    }
    environment["DJANGO_SETTINGS_MODULE"] = "tests.support.settings"
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_field_touches_four_files(tmp_path: Path) -> None:
    folder = tmp_path / "relais"
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            # What is compiled comes along: to compile it all anew takes longer than the test.
            ignored = shutil.ignore_patterns("node_modules")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / "static").symlink_to(ROOT / "static")
    for change in (ENTRY, COLUMN, MAPPING, *OTHERS):
        put_in(folder, *change)
    run(folder, "manage.py", "makemigrations", "integrations", "--name", "invented")
    (folder / "tests/test_advert_language.py").write_text(TEST, encoding="utf-8")

    told = run(folder, "-m", "pytest", "tests/test_advert_language.py", "-p", "no:cacheprovider")

    assert "[100%]" in told


def test_entries_are_complete() -> None:
    for record in (JobRecord, PersonRecord, ApplicationRecord):
        fields = fields_of(record)
        assert fields
        for field in fields:
            entry = field.entry
            assert bool(entry.label) == bool(entry.source), field.name
            assert entry.label or field.name in ("custom_fields", "integration_fields")


def test_types_are_those_of_the_annotations() -> None:
    types = {field.name: field.type for field in fields_of(JobRecord)}

    assert types["name"] is FieldType.TEXT
    assert types["salary_amount"] is FieldType.NUMBER
    assert types["location"] is FieldType.JSON
    assert types["opened_at"] is FieldType.MOMENT
    assert "vacancy_id" not in types, "It is stored, and no unified field."
    assert api_names(ApplicationRecord, FieldType.TEXT) == (
        "outcome",
        "rejection_reason_name",
    )
