"""An attempt told line by line to a page that shows each verdict as it comes.

Each line is a JSON object: `{"name", "ok", "message"}` for a verdict, and at the end either
`{"next": address}` or `{"failed": words}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.connecting.connect import ConnectionRefused
from integrations.connecting.flow import Attempt
from integrations.connecting.links import LinkClosed
from integrations.flatchr.credentials import Check
from integrations.models import Integration

CONTENT_TYPE = "application/x-ndjson"


def lines_of(
    attempt: Attempt, *, language: str, done: Callable[[Integration | None], str]
) -> Iterator[bytes]:
    """`done` gives the address of the page to go on to; without a tenant, of the one that says
    why there is nothing left to do.
    """
    told: list[Check] = []
    while True:
        # A stream is written after its view has returned, and so after its language.
        with translation.override(language):
            try:
                check = next(attempt)
            except StopIteration as end:
                yield _line({"next": done(end.value)})
                return
            except LinkClosed:
                yield _line({"next": done(None)})
                return
            except ConnectionRefused as refused:
                for check in refused.checks:
                    if check not in told:
                        yield _line(_verdict(check))
                yield _line(
                    {"failed": _("Nothing was saved. Correct what is marked below, and try again.")}
                )
                return
            told.append(check)
            line = _line(_verdict(check))
        yield line


def _verdict(check: Check) -> dict[str, object]:
    return {"name": check.name, "ok": check.ok, "message": _(check.message)}


def _line(value: dict[str, object]) -> bytes:
    return orjson.dumps(value) + b"\n"
