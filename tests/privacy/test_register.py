"""The register of personal data is complete, and its page says what it says."""

from __future__ import annotations

import re
from pathlib import Path

from integrations import jobs, scheduler
from integrations.actions import retention as actions
from integrations.privacy import free_columns, page, register, texts
from integrations.privacy.file_places import FILES
from integrations.privacy.register import HOLDINGS, Whose
from integrations.submissions import retention as submissions
from integrations.submissions.bulk import retention as uploads

ROOT = Path(__file__).parents[2]
# `DATA_DIR / "name"`, however it is spelled; with an f-string, what is before the first place.
PLACE = re.compile(r"""DATA_DIR\)? ?/ ?f?["']([\w.]+)""")
SQLITE = re.compile(r"sqlite:///\{DATA_DIR\}/([\w.]+)")


def test_every_column_that_can_hold_text_is_in_the_register_or_declared_free() -> None:
    """A new column belongs into `integrations/privacy/register.py`, with its period."""
    there = set(free_columns.columns_with_text())
    held, free = register.held(), free_columns.declared_free()

    assert held | free == there
    assert not held & free


def test_no_column_is_listed_twice() -> None:
    listed = [(one.table, column) for one in HOLDINGS for column in one.columns]
    assert len(listed) == len(set(listed))


def test_every_file_place_is_in_the_register() -> None:
    sources = [*(ROOT / "config").rglob("*.py"), *(ROOT / "integrations").rglob("*.py")]
    found = set()
    for source in sources:
        text = source.read_text()
        found |= {*PLACE.findall(text), *SQLITE.findall(text)}
    places = {place.path for place in FILES}

    assert {"submissions", "exports", "secret_key", "relais.sqlite3"} <= found
    assert found <= places, found - places


def test_what_empties_a_column_is_done_every_hour() -> None:
    assert scheduler.REGISTERED
    steps = {step for one in (*HOLDINGS, *FILES) for step in one.steps}
    assert steps <= set(jobs.RETENTION)


def test_of_candidates_every_column_is_emptied_on_erasure() -> None:
    """What `texts.TABLES` and the services' lists of empty values have; the rest is named here,
    and the invented person of `test_canary.py` is in it.
    """
    emptied = {
        (table.model._meta.db_table, column) for table in texts.TABLES for column in table.columns
    }
    emptied |= {("integrations_submission", column) for column in submissions.EMPTY}
    emptied |= {("integrations_submissionattempt", column) for column in submissions.EMPTY_ATTEMPT}
    emptied |= {("integrations_bulkupload", column) for column in uploads.NAMELESS}
    emptied |= {("integrations_action", column) for column in actions.EMPTY}
    by_hand = {
        "integrations_candidate",
        "integrations_application",
        "integrations_searchentry",
        "integrations_traitreading",
        "integrations_bulkrow",
        "integrations_preparedcall",
        "integrations_storedanswer",
        "integrations_exportschedule",
        "integrations_webhookevent",
    }
    single = {
        ("integrations_submission", "idempotency_key"),
        ("integrations_export", "filters"),
        # Files, removed once every row is queued, and of uploads that cannot be used.
        ("integrations_bulkupload", "sheet"),
        ("integrations_bulkupload", "archive"),
    }
    of_candidates = {
        (one.table, column)
        for one in HOLDINGS
        if one.whose is Whose.CANDIDATE
        for column in one.columns
    }
    left = {(table, column) for table, column in of_candidates if table not in by_hand}

    assert left == emptied | single
    assert all(one.on_erasure for one in HOLDINGS if one.whose is Whose.CANDIDATE)


def test_the_page_has_what_the_register_has() -> None:
    text = page.PAGE.read_text()
    assert page.page(text) == text
