"""The errors that an operation may answer with: from its route, and from what it declares (§4)."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.api.actions.errors import CODES
from integrations.api.errors import GENERAL_CODES
from integrations.api.openapi.operations import Failure, Operation
from integrations.api.routing import ApiRoute
from integrations.api.scoping import ACTION as ACTION_OFF
from integrations.api.scoping import MODEL, NEEDS

INVALID = "PLATFORM.INPUT_INVALID"

KEY = Failure(401, "PLATFORM.AUTHENTICATION_INVALID", "There is no key, or it opens nothing.")
ALWAYS = (
    KEY,
    Failure(400, INVALID, "The request does not say what can be done; the message says why."),
    Failure(429, "PLATFORM.RATE_LIMIT_EXCEEDED", "The key has used up its requests a minute."),
    Failure(500, "PLATFORM.UNKNOWN_ERROR", "A fault of ours. Whoever runs Relais finds it logged."),
)
ADDRESS = (
    Failure(404, INVALID, "There is nothing at this address."),
    Failure(405, INVALID, "The address does not take this method."),
)
TENANT = Failure(
    404,
    "PLATFORM.INTEGRATION_NOT_FOUND",
    "There is no such integration, or the key is not for it.",
)
FIRST_SYNC = Failure(
    409, "INTEGRATION.SETUP_SYNC_PENDING", "The first sync has not ended yet. Ask again later."
)
BUSY = "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"
ACTION = (
    Failure(409, "INTEGRATION.INACTIVE", "The integration is disabled. Enable it first."),
    Failure(429, BUSY, "Too many actions are under way on the integration. Wait a second."),
)
SWITCHED_OFF = {
    MODEL: Failure(403, MODEL, "The integration's scopes leave it out, so it is not read."),
    ACTION_OFF: Failure(403, ACTION_OFF, "The integration's scopes leave it out."),
}
READ_ONLY = Failure(403, INVALID, "The key may read only.")
TOO_LARGE = Failure(413, INVALID, "The body is larger than this server takes.")
REPEATED = (
    Failure(429, BUSY, "The first request with this Idempotency-Key is still being worked on."),
    Failure(
        424,
        "PLATFORM.TASK_TIMED_OUT",
        "It may have been done or not. Look before you send it again with a new key.",
    ),
)
_AT_FLATCHR = {
    "INTEGRATION.AUTHENTICATION_INVALID": (424, "Flatchr refuses the stored key."),
    "INTEGRATION.PERMISSION_MISSING": (403, "Flatchr does not permit it to this key."),
    "ATS.JOB_CLOSED": (400, "Flatchr no longer has the job."),
    "REMOTE.INPUT_INVALID": (400, "Flatchr refused it; the message has Flatchr's words."),
    "REMOTE.RATE_LIMIT_EXCEEDED": (429, "Flatchr was asked too often. Wait, and send it again."),
    "REMOTE.SERVICE_UNAVAILABLE": (
        503,
        "Flatchr does not answer, or does not show the record yet. Nothing was changed.",
    ),
    "PLATFORM.UNKNOWN_ERROR": (500, "The stored key cannot be decrypted, or Relais itself failed."),
    "REMOTE.UNKNOWN_HTTP_ERROR": (502, "Flatchr answered with something that nobody can read."),
}
LIVE = (
    Failure(409, "INTEGRATION.SETUP_INCOMPLETE", "The integration has no Flatchr key yet."),
    *(
        Failure(_AT_FLATCHR[code][0], code, _AT_FLATCHR[code][1])
        for code in sorted({*CODES.values()})
    ),
)
UNDECIDED = Failure(
    424,
    "PLATFORM.TASK_TIMED_OUT",
    "Flatchr's answer was lost, so it may have been done or not. Look before you send it again.",
)


def names_tenant(route: ApiRoute) -> bool:
    """Whether it wants `X-Integration-Id`."""
    return route.path.startswith(("ats/", "passthrough/")) or route.path in (
        "force-sync",
        "changes",
    )


def repeats(route: ApiRoute, operation: Operation) -> bool:
    """Whether `Idempotency-Key` is honoured."""
    return operation.repeats or (route.writes and not route.own_idempotency)


def failures_of(route: ApiRoute, operation: Operation) -> list[Failure]:
    """Every error of the operation, by status; the first word about a code counts."""
    found: list[Failure] = [*operation.failures, *ALWAYS]
    if "{" in route.path:
        found += ADDRESS
    if names_tenant(route) or "{integration_id}" in route.path:
        found.append(TENANT)
    if names_tenant(route) and not route.general:
        found.append(FIRST_SYNC)
    if needed := NEEDS.get(f"{route.method} {route.path}"):
        found.append(SWITCHED_OFF[needed[1]])
    if route.action:
        found += ACTION
    if route.writes:
        found.append(READ_ONLY)
    if route.method != "GET":
        found.append(TOO_LARGE)
    if operation.live:
        found += LIVE
        if route.writes:
            found.append(UNDECIDED)
    if repeats(route, operation):
        found += REPEATED
    return merged(found, general=route.general)


def merged(found: Iterable[Failure], *, general: bool) -> list[Failure]:
    """By status and code, without codes that general endpoints may not send (§4.1)."""
    by_code: dict[tuple[int, str], Failure] = {}
    for one in found:
        code = None if general and one.code not in GENERAL_CODES else one.code
        known = by_code.get((one.status, code or ""))
        when = one.when
        if known is not None and one.when not in known.when:
            when = f"{known.when} {one.when}"
        elif known is not None:
            when = known.when
        by_code[one.status, code or ""] = Failure(one.status, code, when)
    return [by_code[key] for key in sorted(by_code)]
