"""What a sync writes arrives in the database letter by letter, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import timezone as offset

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from integrations.changes.recording import recorded
from integrations.ids import unified_id
from integrations.models import Application, ApplicationStage, Candidate, Integration, Tag
from integrations.sync.bulk.dialects import dialect
from integrations.sync.bulk.pg_copy import encode_rows
from integrations.sync.bulk.store import apply, compare
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    CANDIDATE_TAGS,
    CANDIDATES,
    JOB_STAGES,
    JOBS,
    STAGES,
    TAGS,
    draft,
)

# Neither PostgreSQL's text nor UTF-8 has these.
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
ODD = ["\\N", "\\.", "\\", "\\x41", "a\tb", "a\nb", "a\r\nb", "", " ", "é\u2028\U0001f600", None]


@pytest.mark.django_db
@given(
    names=st.lists(st.none() | st.text(LETTERS) | st.sampled_from(ODD), max_size=8),
    few=st.booleans(),
)
def test_any_text_comes_back_as_it_was(names: list[str | None], few: bool) -> None:
    Tag.objects.all().delete()
    # On SQLite few rows go another way than many.
    names = names if few else names * (1 + 100 // max(1, len(names)))
    tenant = Integration.objects.get_or_create(organization="Atelier Nord")[0].pk
    moment = datetime(2026, 3, 9, 14, 5, 6, 789012, tzinfo=UTC)
    rows = [
        (
            unified_id(tenant, str(number)),
            tenant,
            str(number),
            dialect().timestamp(moment),
            None,
            bytes([number % 256, 0, 255]),
            None,
            name,
            f"\\{number}",
            bool(number % 2),
            number,
        )
        for number, name in enumerate(names)
    ]
    with connection.cursor() as cursor:
        dialect().insert(cursor, TAGS, dialect().encode(TAGS, rows))

    stored = {int(tag.remote_id): tag for tag in Tag.objects.all()}
    assert len(stored) == len(names)
    for number, name in enumerate(names):
        tag = stored[number]
        assert tag.name == name
        assert tag.changed_at == moment
        assert tag.remote_deleted_at is None
        assert bytes(tag.fingerprint or b"") == bytes([number % 256, 0, 255])
        assert tag.content_hash is None
        assert tag.parent_id == f"\\{number}"
        assert tag.discovered == bool(number % 2)
        assert tag.arrival == number


@pytest.mark.django_db
@pytest.mark.parametrize("count", [2, 200])
def test_rows_of_which_one_is_there_already_are_not_written(
    count: int, tenant: Integration
) -> None:
    drafts = [draft(str(number), ("Soudure",), ("", False)) for number in range(count)]
    with recorded(tenant.pk):
        apply(TAGS, compare(TAGS, tenant.pk, drafts[-1:], {}))
    with pytest.raises(IntegrityError), recorded(tenant.pk):
        apply(TAGS, compare(TAGS, tenant.pk, drafts, {}))

    assert list(Tag.objects.values_list("remote_id", flat=True)) == [str(count - 1)]


def test_each_kind_of_value_as_copy_takes_it() -> None:
    paris = offset(timedelta(hours=1))
    columns = ("fingerprint", "changed_at", "arrival", "position", "visible", "name", "remote_data")
    written = encode_rows(
        ApplicationStage,
        columns,
        [
            (b"\0\xff", datetime(2000, 1, 1, 1, 0, 1, tzinfo=paris), 2**40, -1, True, "é", "[]"),
            (None,) * 7,
        ],
    )
    assert written == (
        b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\7"
        b"\0\0\0\2\0\xff"
        b"\0\0\0\x08\0\0\0\0\0\x0f\x42\x40"
        b"\0\0\0\x08\0\0\1\0\0\0\0\0"
        b"\0\0\0\4\xff\xff\xff\xff"
        b"\0\0\0\1\1"
        b"\0\0\0\2\xc3\xa9"
        b"\0\0\0\3\1[]"
        b"\0\7" + b"\xff\xff\xff\xff" * 7 + b"\xff\xff"
    )


def test_every_column_that_a_sync_writes_has_its_way() -> None:
    for table in (JOBS, STAGES, JOB_STAGES, TAGS, CANDIDATES, APPLICATIONS, CANDIDATE_TAGS):
        columns = table.new_columns
        written = encode_rows(table.record, columns, [(None,) * len(columns)])
        assert written.count(b"\xff" * 4) == len(columns)


def test_no_rows_are_a_beginning_and_an_end() -> None:
    assert encode_rows(Tag, ("id",), []) == b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"


@pytest.mark.django_db
def test_a_raw_object_keeps_its_order_and_its_numbers(tenant: Integration) -> None:
    raw = {"zone": 1.0, "age": 10**30, "name": "Élodie \U0001f600", "none": None, "a": {"b": []}}
    for number, data in ("1", raw), ("2", None):
        common = {
            "id": number,
            "integration": tenant,
            "remote_id": number,
            "changed_at": timezone.now(),
        }
        candidate = Candidate.objects.create(**common)
        Application.objects.create(**common, candidate=candidate, remote_data=data)

    stored, empty = Application.objects.order_by("remote_id")
    assert stored.remote_data == raw
    assert list(stored.remote_data) == list(raw)
    assert repr(stored.remote_data["zone"]) == "1.0"
    assert empty.remote_data is None
    assert Application.objects.get(remote_data=None) == empty
