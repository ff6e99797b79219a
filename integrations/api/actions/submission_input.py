"""From a body to what the submission service takes, and back to the names of the body's fields."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.api.actions.inputs import Answer, AttachmentInput, WritingInput
from integrations.api.errors import ApiError, invalid
from integrations.api.reads import users
from integrations.flatchr.mapping.source import storable_text
from integrations.ids import is_unified_id
from integrations.models import Integration
from integrations.submissions.inputs import (
    Attachment,
    AttachmentType,
    Problem,
    SubmissionEntry,
)
from integrations.submissions.validation import REMOTE

# What of a body has a place in a submission; each other field that was given is warned about.
_HELD: Mapping[str, Any] = {
    "candidate": {
        "first_name": None,
        "last_name": None,
        "email_address": None,
        "phone_number": None,
        "social_links": None,
    },
    "application": {"job_id": None, "stage_id": None},
    "stage_id": None,
    "attachments": None,
    "source": {"id": None},
    "sourced_by": {"user_id": None},
    "screening_question_answers": None,
}
# How the fields of an entry are called in the body.
_NAMES = {
    "first_name": "candidate.first_name",
    "last_name": "candidate.last_name",
    "email_address": "candidate.email_address",
    "phone_number": "candidate.phone_number",
    "urls": "candidate.social_links",
    "answers": "screening_question_answers",
    "offerer_id": "source.id",
    "user_key": "sourced_by.user_id",
}
_SITES = {
    "linkedin.com": "linkedin",
    "facebook.com": "facebook",
    "twitter.com": "twitter",
    "x.com": "twitter",
}


def entry_of(
    body: WritingInput, given: Mapping[str, Any], job: str, integration: Integration
) -> SubmissionEntry:
    """The entry of a body, which is `given` as it came. Raises `ApiError` for attachments that
    the contract does not allow, and when Flatchr does not tell whom `sourced_by` names.
    """
    beyond = unsupported(given)
    urls = _urls(body, beyond)
    answers = _answers(body.screening_question_answers or [], beyond)
    return SubmissionEntry(
        job=job,
        first_name=body.candidate.first_name,
        last_name=body.candidate.last_name,
        email_address=body.candidate.email_address,
        phone_number=body.candidate.phone_number or "",
        answers=tuple(answers),
        urls=urls,
        attachments=tuple(_attachments(body.attachments or [])),
        offerer_id=_offerer(body, beyond),
        user_key=_user_key(body, integration, beyond),
        unsupported=tuple(beyond),
    )


def unsupported(given: Mapping[str, Any], held: Mapping[str, Any] = _HELD) -> list[str]:
    """The dotted names of the fields that say something and that are not `held` by Flatchr."""
    return list(_beyond(given, held, ""))


def left_out(given: Mapping[str, Any], held: Mapping[str, Any]) -> list[str]:
    """A warning for each field of an action that says something and is not `held`."""
    return [
        f"Flatchr cannot hold {name[:100]}: it was left out." for name in unsupported(given, held)
    ]


def _beyond(given: Mapping[str, Any], held: Mapping[str, Any], path: str) -> Iterable[str]:
    for name, value in given.items():
        if value in (None, "", [], {}):
            continue
        if name not in held:
            # It becomes part of a warning that is stored.
            yield storable_text(f"{path}{name}")
        elif held[name] is not None and isinstance(value, dict):
            yield from _beyond(value, held[name], f"{path}{name}.")


def refusal(problems: Iterable[Problem], job_field: str) -> ApiError:
    """The error for an entry that cannot be submitted: it names every field."""
    problems = list(problems)
    about_job = {problem.code for problem in problems if problem.field == "job"}
    if about_job & {"closed", "deleted"} and len(problems) == len(about_job):
        return ApiError("ATS.JOB_CLOSED", " ".join(problem.message for problem in problems))
    if any(problem.code == "not_connected" for problem in problems):
        return ApiError("INTEGRATION.SETUP_INCOMPLETE", problems[0].message)
    if any(problem.code == "disabled" for problem in problems):
        return ApiError("INTEGRATION.INACTIVE", problems[0].message)
    names = {**_NAMES, "job": job_field}
    messages = [
        f"{names.get(problem.field, problem.field)}: {problem.message}"
        if problem.field
        else problem.message
        for problem in problems
    ]
    return invalid(" ".join(messages))


def _attachments(given: list[AttachmentInput]) -> Iterable[Attachment]:
    """The attachments; only the content of the first CV is unpacked, as no other is sent."""
    wrong = [reason for at, one in enumerate(given) if (reason := _amiss(one, at))]
    if wrong:
        raise invalid("; ".join(wrong))
    chosen = next((at for at, one in enumerate(given) if one.type == "CV"), None)
    for at, one in enumerate(given):
        content = None
        if at == chosen and one.data is not None:
            content = _decoded(one.data, f"attachments.{at}.data")
        yield Attachment(
            name=one.name,
            type=AttachmentType(one.type),
            content=content,
            # Parameters and capitals are no reason to refuse a file.
            content_type=(one.content_type or "").partition(";")[0].strip().lower(),
            data_url=(one.data_url or "").strip(),
        )


def _amiss(one: AttachmentInput, at: int) -> str:
    """What the contract has against an attachment (§8.1); blank when nothing."""
    if (one.data is None) == (not (one.data_url or "").strip()):
        return f"attachments.{at}: Send either data or data_url"
    if one.data is not None and "/" not in (one.content_type or ""):
        return f"attachments.{at}.content_type: Send it along with data, such as application/pdf"
    return ""


def _decoded(data: str, where: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"{where}: This is not base64") from None


def _urls(body: WritingInput, beyond: list[str]) -> dict[str, str]:
    """Links by the names that Flatchr has for them; it keeps one of each kind."""
    urls: dict[str, str] = {}
    for at, link in enumerate(body.candidate.social_links or []):
        kind = _site(link.url)
        if kind in urls:
            kind = "other"
        if kind in urls:
            beyond.append(f"candidate.social_links.{at}")
        else:
            urls[kind] = link.url
    return urls


def _site(url: str) -> str:
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return "other"
    found = (name for site, name in _SITES.items() if host == site or host.endswith(f".{site}"))
    return next(found, "other")


def _answers(given: list[Answer], beyond: list[str]) -> Iterable[dict[str, str]]:
    """Answers to questions that are named as Flatchr names them: by their text or tag id, with
    `remote:` in front. Jobs have no questions of their own here.
    """
    for at, one in enumerate(given):
        text = _answer_text(one.answer)
        if one.question_id.startswith(REMOTE) and text is not None:
            yield {"question": one.question_id.removeprefix(REMOTE), "value": text}
        else:
            beyond.append(f"screening_question_answers.{at}")


def _answer_text(answer: Any) -> str | None:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, str | int | float):
        return str(answer)
    if isinstance(answer, list) and all(isinstance(one, str) for one in answer):
        return ";".join(answer)
    return None


def _offerer(body: WritingInput, beyond: list[str]) -> int | None:
    """Flatchr's sources are numbers."""
    wanted = (body.source.id or "").strip() if body.source else ""
    wanted = wanted.removeprefix(REMOTE)
    if not wanted:
        return None
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= 20:
        return int(wanted)
    beyond.append("source.id")
    return None


def _user_key(body: WritingInput, integration: Integration, beyond: list[str]) -> str:
    """The Flatchr user to whom a candidate is attributed, by the key that Flatchr has for them:
    given as such behind `remote:`, or as the id of one of `GET /ats/users`. Raises `ApiError`.
    """
    wanted = body.sourced_by.user_id.strip() if body.sourced_by else ""
    if wanted.startswith(REMOTE):
        return wanted.removeprefix(REMOTE)
    if is_unified_id(wanted) and (found := users.remote_id_of(integration, wanted)):
        return found
    if wanted:
        beyond.append("sourced_by.user_id")
    return ""
