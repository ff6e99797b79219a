"""Every way in which one of Flatchr's lists can be wrong deletes nothing that is there.

Each way is put in place of the real answer, and a full sync follows, over HTTP and on one tenant:
nothing of what was live before may be deleted after it. That the same sync does find a deletion is
the first test. What cannot be told from a removal is not among them: a list that is right but for a
few rows (`docs/mapping.md`, Reading rules).
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from integrations.models import DecidedDeletion, HeldDeletion, Integration
from integrations.sandbox import Sandbox
from integrations.sync import engine
from tests.sync.flatchr_says import Flatchr, Row
from tests.sync.people import add
from tests.sync.rows import TABLES, Rows, every_row
from tests.sync.running import queue

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database,
    pytest.mark.usefixtures("impatient"),
]

PATHS = {
    "jobs": "/vacancies$",
    "stages": "/columns$",
    "tags": "/tags$",
    "applicants": "/search/applicants$",
}
# The other model's list that takes the place of each.
OTHERS = {"jobs": "stages", "stages": "tags", "tags": "jobs", "applicants": "jobs"}

Answer = dict[str, Any]
Way = Callable[[list[Row]], Answer]


def raw(body: bytes, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"raw": base64.b64encode(body).decode(), "status": status, "headers": named}


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_json(change: Callable[[list[Row]], Any]) -> Way:
    """A way that answers with other JSON."""
    return lambda rows: raw(text(change(rows)).encode())


def written_as(change: Callable[[str], bytes], **headers: str) -> Way:
    """A way that writes the right JSON wrongly."""
    return lambda rows: raw(change(text(rows)), **headers)


def with_ids(change: Callable[[Any], Any]) -> Way:
    """A way that changes the ids of each row, at its top."""
    names = ("id", "applicant", "vacancy_id", "candidate")

    def changed(row: Row) -> Row:
        return {name: change(value) if name in names else value for name, value in row.items()}

    return as_json(lambda rows: [changed(row) for row in rows])


def elsewhere(value: Any) -> Any:
    """The id of a record of another company."""
    return value + 4_000_000 if isinstance(value, int) else f"{value}"[::-1] + "Zz"


def keys_as(change: Callable[[str], str]) -> Way:
    return as_json(
        lambda rows: [{change(name): value for name, value in row.items()} for row in rows]
    )


def values_as(change: Callable[[Any], Any]) -> Way:
    """A way that changes every value but the ids."""
    kept = ("id", "applicant")

    def changed(row: Row) -> Row:
        return {name: row[name] if name in kept else change(row[name]) for name in row}

    return as_json(lambda rows: [changed(row) for row in rows])


HTML = b"<!doctype html><html><body><h1>Maintenance</h1></body></html>"
ERROR = {"statusCode": 500, "error": "Internal Server Error", "message": "An error occurred"}

WAYS: dict[str, Way] = {
    # Less than there is
    "empty": as_json(lambda _: []),
    "first half": as_json(lambda rows: rows[: len(rows) // 2]),
    "second half": as_json(lambda rows: rows[len(rows) // 2 :]),
    "every second row": as_json(lambda rows: rows[::2]),
    "first row alone": as_json(lambda rows: rows[:1]),
    "last row alone": as_json(lambda rows: rows[-1:]),
    "first page twice": as_json(lambda rows: rows[: len(rows) // 2] * 2),
    "one row again and again": as_json(lambda rows: rows[:1] * len(rows)),
    # The same in another order or number
    "all of it twice": as_json(lambda rows: rows + rows),
    "the other way round": as_json(lambda rows: rows[::-1]),
    "a row of nothing at its end": as_json(lambda rows: [*rows, None]),
    # Of somebody or something else
    "of another company": with_ids(elsewhere),
    "of another company at its end": as_json(
        lambda rows: [*rows, {**rows[0], "id": "Zz9", "applicant": "Zz9"}]
    ),
    "ids as text": with_ids(str),
    "ids as numbers": with_ids(lambda value: value if isinstance(value, int) else 7),
    "ids as fractions": with_ids(lambda _: 1.5),
    "ids of nothing": with_ids(lambda _: None),
    "empty ids": with_ids(lambda _: ""),
    "blank ids": with_ids(lambda _: "  "),
    "ids that are true": with_ids(lambda _: True),
    "ids in lists": with_ids(lambda value: [value]),
    "ids in objects": with_ids(lambda value: {"id": value}),
    "ids in capitals": with_ids(lambda value: str(value).upper() + "X"),
    "one id for all": with_ids(lambda _: "same"),
    "ids far too long": with_ids(lambda value: f"{value}" * 300),
    "rows without ids": as_json(
        lambda rows: [
            {name: row[name] for name in row if name not in ("id", "applicant")} for row in rows
        ]
    ),
    "names in capitals": keys_as(str.upper),
    "names that are others": keys_as(lambda name: f"x_{name}"),
    # Other types
    "every value null": values_as(lambda _: None),
    "every value text": values_as(str),
    "every value a list": values_as(lambda value: [value]),
    "every value an object": values_as(lambda value: {"value": value}),
    "every value false": values_as(lambda _: False),
    "a list of nothing": as_json(lambda rows: [None] * len(rows)),
    "a list of texts": as_json(lambda rows: [str(row.get("id")) for row in rows]),
    "a list of numbers": as_json(lambda rows: list(range(len(rows)))),
    "a list of empty objects": as_json(lambda rows: [{} for _ in rows]),
    "a list in a list": as_json(lambda rows: [rows]),
    "a list of lists": as_json(lambda rows: [list(row.values()) for row in rows]),
    "an object around it": as_json(lambda rows: {"data": rows, "total": len(rows)}),
    "an object by id": as_json(lambda rows: {str(place): row for place, row in enumerate(rows)}),
    "an empty object": as_json(lambda _: {}),
    "null": as_json(lambda _: None),
    "true": as_json(lambda _: True),
    "zero": as_json(lambda _: 0),
    "a text": as_json(lambda _: "[]"),
    "an error with 200": as_json(lambda _: ERROR),
    "an error in a list": as_json(lambda _: [ERROR]),
    # Not JSON, or not all of it
    "cut in the middle": written_as(lambda sent: sent[: len(sent) // 2].encode()),
    "cut before its end": written_as(lambda sent: sent[:-1].encode()),
    "cut after its beginning": written_as(lambda _: b"["),
    "cut between two rows": lambda rows: raw(text(rows[:2])[:-1].encode() + b","),
    "nothing": written_as(lambda _: b""),
    "blanks": written_as(lambda _: b" \r\n\t "),
    "a web page": lambda _: raw(HTML, Content_Type="text/html; charset=utf-8"),
    "a web page called JSON": lambda _: raw(HTML),
    "a web page behind it": written_as(lambda _: b"[]" + HTML),
    "two lists": written_as(lambda sent: b"[]" + sent.encode()),
    "a line for each row": lambda rows: raw("\n".join(map(text, rows)).encode()),
    "a comma too many": written_as(lambda sent: (sent[:-1] + ",]").encode()),
    "single quotes": lambda rows: raw(str(rows).encode()),
    "a call around it": written_as(lambda sent: f"callback({sent});".encode()),
    "a comment before it": written_as(lambda sent: f"// v2\n{sent}".encode()),
    "XML": lambda _: raw(b"<?xml version='1.0'?><rows/>", Content_Type="application/xml"),
    "CSV": lambda _: raw(b"id;title\r\n1;a\r\n", Content_Type="text/csv"),
    "not a number": as_json(lambda rows: [{**row, "score": float("nan")} for row in rows]),
    "far too deep": written_as(lambda _: b"[" * 100_000),
    "a number of thousands of digits": written_as(lambda _: b"[" + b"9" * 9_000 + b"]"),
    # Written otherwise
    "a byte order mark": written_as(lambda sent: sent.encode("utf-8-sig")),
    "UTF-16": written_as(lambda sent: sent.encode("utf-16")),
    "UTF-16 without a mark": written_as(lambda sent: sent.encode("utf-16-le")),
    "UTF-32": written_as(lambda sent: sent.encode("utf-32")),
    "Latin-1": written_as(lambda sent: sent.encode("latin-1", "replace")),
    "Windows-1252": written_as(lambda sent: sent.encode("cp1252", "replace")),
    "MacRoman": written_as(lambda sent: sent.encode("mac-roman", "replace")),
    "Base64": written_as(lambda sent: base64.b64encode(sent.encode())),
    "bytes at random": written_as(lambda _: bytes(range(256)) * 8),
    # Packed otherwise
    "gzip that is none": written_as(str.encode, Content_Encoding="gzip"),
    "gzip cut off": written_as(
        lambda sent: gzip.compress(sent.encode())[:-40], Content_Encoding="gzip"
    ),
    "gzip with a wrong checksum": written_as(
        lambda sent: gzip.compress(sent.encode())[:-8] + b"\0" * 8, Content_Encoding="gzip"
    ),
    "gzip of nothing": written_as(lambda _: gzip.compress(b""), Content_Encoding="gzip"),
    "gzip unsaid": written_as(lambda sent: gzip.compress(sent.encode())),
    "deflate cut off": written_as(
        lambda sent: zlib.compress(sent.encode())[:-40], Content_Encoding="deflate"
    ),
    # Another status
    "204": lambda _: raw(b"", 204),
    "206 with a part": lambda rows: raw(text(rows[:1]).encode(), 206),
    "202 with nothing": lambda _: raw(b"[]", 202),
    "304": lambda _: raw(b"", 304),
    "a redirect": lambda _: raw(b"", 302, Location="/elsewhere"),
    "a redirect with a list": lambda _: raw(b"[]", 301, Location="/company/x/vacancies"),
    "404 with a list": lambda _: raw(b"[]", 404),
    "500 with a list": lambda _: raw(b"[]", 500),
    "503 with a web page": lambda _: raw(HTML, 503, Content_Type="text/html"),
    "cut by the network": lambda _: {"cut": 200},
    "a connection that is closed": lambda _: {"reset": True},
}


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """As many records as it takes to tell half of them from all: see the guard."""
    made = make_sandbox(vacancies=10, applicants=60)
    tags = [made.add_tag(f"Étiquette {number}") for number in range(10)]
    for tag in tags:
        made.set_trait(add(made, "Ada", f"ada{tag}@example.org"), tag)
    return made


@pytest.fixture
def tenant(first_synced: Integration) -> Integration:
    """Tags were read with the first sync, and not again."""
    settings = first_synced.flatchr_settings  # type: ignore[attr-defined]
    settings.trait_budget = 0
    settings.save()
    return first_synced


def read(sandbox: Sandbox) -> dict[str, list[Row]]:
    """The lists as they are."""
    flatchr = Flatchr(sandbox)
    return {
        "jobs": flatchr.vacancies(),
        "stages": flatchr.columns(),
        "tags": sandbox.tags(),
        "applicants": flatchr.search(),
    }


def lost(before: Rows) -> set[str]:
    """The tables of which a record that was live is deleted."""
    found = set()
    for table in TABLES:
        live = [
            row["id"]
            for (name, _), row in before.items()
            if name == table.__name__ and row["remote_deleted_at"] is None
        ]
        if table.objects.filter(pk__in=live, remote_deleted_at=None).count() < len(live):
            found.add(table.__name__)
    return found


def synchronise(tenant: Integration) -> None:
    run = queue(tenant)
    assert engine.execute(run.pk)
    run.refresh_from_db()
    assert run.error_kind != "internal", run.error_detail


def put_right(tenant: Integration, sandbox: Sandbox, before: Rows) -> None:
    """Forget what the wrong list has brought, and read the right one again."""
    sandbox.faults.clear()
    HeldDeletion.objects.all().delete()
    DecidedDeletion.objects.all().delete()
    after = every_row(tenant)
    if {key: row["content_hash"] for key, row in after.items()} == {
        key: row["content_hash"] for key, row in before.items()
    }:
        return
    known = [row["id"] for row in before.values()]
    for table in reversed(TABLES):
        table.objects.filter(integration=tenant).exclude(pk__in=known).delete()
    synchronise(tenant)


@pytest.mark.parametrize("name", PATHS)
def test_one_row_that_is_not_listed_any_more_is_deleted(
    name: str, tenant: Integration, sandbox: Sandbox
) -> None:
    """Otherwise the tests below would prove nothing."""
    before = every_row(tenant)
    rows = read(sandbox)[name]
    if name == "applicants":
        sandbox.faults.add(
            path=PATHS[name], body={"status": 0}, content=Flatchr(sandbox).search(status=0),
            status=200,
        )  # fmt: skip
    sandbox.faults.add(path=PATHS[name], **raw(text(rows[:-1]).encode()))

    synchronise(tenant)

    assert lost(before)


@pytest.mark.parametrize("names", [("jobs", "stages", "tags"), ("applicants",)], ids="-".join)
def test_a_wrong_list_deletes_nothing(
    names: tuple[str, ...], tenant: Integration, sandbox: Sandbox
) -> None:
    assert len(WAYS) >= 60
    before = every_row(tenant)
    right = read(sandbox)
    archived = Flatchr(sandbox).search(status=0)
    wrongful = {}
    ways: dict[str, Callable[[str], Answer]] = {
        name: lambda model, way=way: way(right[model]) for name, way in WAYS.items()
    }
    ways["the list of another model"] = lambda model: raw(text(right[OTHERS[model]]).encode())
    for way, answer in ways.items():
        for name in names:
            if name == "applicants":
                sandbox.faults.add(
                    path=PATHS[name], body={"status": 0}, status=200, content=archived
                )
            sandbox.faults.add(path=PATHS[name], **answer(name))
        synchronise(tenant)
        if tables := lost(before):
            wrongful[way] = tables
        put_right(tenant, sandbox, before)

    assert wrongful == {}
