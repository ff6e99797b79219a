"""The register of personal data: each column that can hold any, for how long, and how it is
emptied. `docs/personal-data.md` is made from it and from `file_places.py`.

A column of any table, ours or of an app that we use, is here, in `free_columns.py`, or of a type
that holds no text. Tests fail on any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Whose(Enum):
    """Whose data it is."""

    CANDIDATE = "candidates"
    CONTACT = "contacts at customers"
    USER = "users of Relais"


@dataclass(frozen=True, slots=True)
class Holding:
    """Columns of one table that can hold personal data.

    `period` says how long it is kept, `steps` the steps of retention that empty it. `on_erasure`
    says what becomes of it when the person is erased; blank where an erasure leaves it.
    """

    table: str
    columns: tuple[str, ...]
    whose: Whose
    period: str
    steps: tuple[str, ...] = ()
    on_erasure: str = ""


def _of(
    table: str, columns: str, whose: Whose, period: str, *steps: str, on_erasure: str = ""
) -> Holding:
    """A holding; the name of a table of ours is given without its prefix."""
    name = table if "_" in table else f"integrations_{table}"
    return Holding(name, tuple(columns.split()), whose, period, steps, on_erasure)


_WHILE_AT_FLATCHR = (
    "while Flatchr has the person, and 14 days after; at most the tenant's months without activity"
)
_LOG = "`EXCHANGE_RETENTION_DAYS`, 30 days by default"
_SUBMISSION = (
    "of one that led to an application: as that one is kept; else `SUBMISSION_KEEP_DAYS` after its "
    "end, 30 days by default"
)
_UPLOAD = "`SUBMISSION_KEEP_DAYS` after the end of the upload"
_EMPTIED, _WHOLE, _MASKED = "emptied", "emptied where it tells of the person", "the person's masked"
_ACCOUNT = "as long as the account"
_WITH_TENANT = "as long as the tenant"

HOLDINGS: tuple[Holding, ...] = (
    _of(
        "candidate",
        "first_name last_name email_addresses phone_numbers fingerprint content_hash",
        Whose.CANDIDATE,
        _WHILE_AT_FLATCHR,
        "deleted records",
        "people by age",
        on_erasure=_EMPTIED,
    ),
    _of(
        "application",
        "person_key remote_data rejection_reason_name source fingerprint content_hash",
        Whose.CANDIDATE,
        _WHILE_AT_FLATCHR,
        "deleted records",
        "people by age",
        on_erasure=_EMPTIED,
    ),
    _of(
        "searchentry",
        "words",
        Whose.CANDIDATE,
        _WHILE_AT_FLATCHR,
        "deleted records",
        "people by age",
        on_erasure="removed",
    ),
    _of(
        "traitreading",
        "tags",
        Whose.CANDIDATE,
        _WHILE_AT_FLATCHR,
        "deleted records",
        "people by age",
        on_erasure="removed",
    ),
    _of(
        "submission",
        "first_name last_name email_address phone_number person_key cover_letter answers urls "
        "document document_name document_sha256 document_url warnings replacements "
        "known_applicants error_message error_detail idempotency_key",
        Whose.CANDIDATE,
        f"{_SUBMISSION}; a draft: `SUBMISSION_KEEP_DAYS` after it was last edited",
        "files of submissions",
        "personal data of submissions",
        on_erasure="emptied; a draft removed",
    ),
    _of(
        "submissionattempt",
        "request response error",
        Whose.CANDIDATE,
        "`SUBMISSION_KEEP_DAYS` after the end of the submission",
        "personal data of submissions",
        on_erasure=_EMPTIED,
    ),
    _of(
        "action",
        "content error_message",
        Whose.CANDIDATE,
        "`SUBMISSION_KEEP_DAYS` after the end of the action",
        "texts of actions",
        on_erasure=_EMPTIED,
    ),
    _of(
        "bulkrow",
        "values findings to_send cv message",
        Whose.CANDIDATE,
        _UPLOAD,
        "uploads",
        on_erasure=_EMPTIED,
    ),
    _of(
        "bulkupload",
        "sheet archive sheet_name archive_name read_as notes refusal",
        Whose.CANDIDATE,
        _UPLOAD,
        "uploads",
        on_erasure=_MASKED,
    ),
    _of(
        "httpexchange",
        "path request_headers request_body response_headers response_body error",
        Whose.CANDIDATE,
        _LOG,
        "exchanges",
        on_erasure=_WHOLE,
    ),
    _of(
        "passthroughcall",
        "path params headers body error",
        Whose.CANDIDATE,
        _LOG,
        "calls of the console",
        on_erasure=_WHOLE,
    ),
    _of(
        "failedcall",
        "message",
        Whose.CANDIDATE,
        _LOG,
        "API errors",
        on_erasure=_MASKED,
    ),
    _of(
        "preparedcall",
        "asked file",
        Whose.CANDIDATE,
        "minutes",
        "calls to confirm",
        on_erasure="removed",
    ),
    _of(
        "storedanswer",
        "route idempotency_key body",
        Whose.CANDIDATE,
        "1 day",
        "answers of the API",
        on_erasure=_WHOLE,
    ),
    _of(
        "quarantinedrecord",
        "reason raw",
        Whose.CANDIDATE,
        _LOG,
        "quarantined records",
        on_erasure=_WHOLE,
    ),
    _of(
        "syncwarning", "examples", Whose.CANDIDATE, _LOG, "examples of warnings", on_erasure=_WHOLE
    ),
    _of(
        "syncrun",
        "waiting_reason error_message error_detail",
        Whose.CANDIDATE,
        "`RUN_KEEP_DAYS`, 90 days by default; a tenant's newest runs stay",
        "runs",
        on_erasure=_MASKED,
    ),
    _of("modelresult", "error_message", Whose.CANDIDATE, "as the run", "runs", on_erasure=_MASKED),
    _of(
        "tagprogress",
        "error_message",
        Whose.CANDIDATE,
        "until tags are read again",
        on_erasure=_MASKED,
    ),
    _of(
        "recordchange",
        "fields",
        Whose.CANDIDATE,
        "90 days, of jobs, stages and tags; of personal fields no value is kept",
        "changes of records",
        on_erasure=_MASKED,
    ),
    _of(
        "issue",
        "text",
        Whose.CANDIDATE,
        "half a year after it was resolved",
        "resolved issues",
        on_erasure=_MASKED,
    ),
    _of(
        "export",
        "filters error",
        Whose.CANDIDATE,
        "words searched for: `EXPORT_KEEP_DAYS`, 7 days by default; the rest of the row stays",
        "searches of exports",
        on_erasure="its search removed",
    ),
    _of(
        "exportschedule",
        "filters",
        Whose.CANDIDATE,
        "until its owner ends it, or the person that it searches for is emptied",
        "deleted records",
        "people by age",
        on_erasure="stopped, its search removed",
    ),
    _of(
        "webhookevent",
        "body",
        Whose.CANDIDATE,
        "7 days where it holds a record; else `WEBHOOK_KEEP_DAYS`",
        "webhooks",
        on_erasure=_WHOLE,
    ),
    _of(
        "webhookattempt",
        "request_headers response_headers response_body",
        Whose.CANDIDATE,
        "as the event",
        "webhooks",
        on_erasure=_WHOLE,
    ),
    # Of people at customers
    _of(
        "connectionlink",
        "organization contact_email origin_id",
        Whose.CONTACT,
        f"{_WITH_TENANT}; the e-mail address of one that nobody used, 90 days after its end",
        "addresses of unused links",
        on_erasure="the e-mail address emptied",
    ),
    _of(
        "integration",
        "organization origin_id contact_email",
        Whose.CONTACT,
        _WITH_TENANT,
        on_erasure="the e-mail address emptied",
    ),
    _of(
        "job",
        "name description location custom_fields integration_fields remote_data",
        Whose.CONTACT,
        _WITH_TENANT,
    ),
    # Of users
    _of("auth_user", "username first_name last_name email", Whose.USER, _ACCOUNT),
    _of(
        "axes_accessattempt",
        "username ip_address user_agent http_accept path_info get_data post_data",
        Whose.USER,
        "15 minutes; removed with the next failed sign-in",
    ),
    _of(
        "axes_accessfailurelog",
        "username ip_address user_agent http_accept path_info",
        Whose.USER,
        "never written",
    ),
    _of(
        "axes_accesslog",
        "username ip_address user_agent http_accept path_info session_hash",
        Whose.USER,
        "never written",
    ),
    _of(
        "membershipinvitation",
        "name",
        Whose.USER,
        "until it is accepted, or has run out",
        "invitations to tenants",
    ),
    _of(
        "checkcount",
        "key",
        Whose.USER,
        "a day after the last wrong password or code",
        "wrong passwords",
    ),
    _of("django_session", "session_data", Whose.USER, "as long as the sign-in", "sessions"),
    _of(
        "django_admin_log",
        "object_repr change_message",
        Whose.USER,
        "`AUDIT_KEEP_DAYS`, by default for good",
        "audit trail",
    ),
    _of(
        "auditentry",
        "who ip object_name details tenant",
        Whose.USER,
        "`AUDIT_KEEP_DAYS`, by default for good; nothing of candidates is in it",
        "audit trail",
    ),
    _of("apikey", "name", Whose.USER, _ACCOUNT),
    _of("webhookendpoint", "url description", Whose.USER, "as long as the endpoint"),
    _of("columnset", "name", Whose.USER, _ACCOUNT),
    _of("authenticatorapp", "name", Whose.USER, _ACCOUNT),
    _of("accountnotice", "address ip", Whose.USER, "until it is sent, 16 hours at most"),
    _of("otp_totp_totpdevice", "name", Whose.USER, "none: emptied by an upgrade"),
    _of("otp_static_staticdevice", "name", Whose.USER, _ACCOUNT),
    _of("notice", "error", Whose.USER, "as the issue", "resolved issues"),
    _of("flatchrsettings", "user_key", Whose.CONTACT, _WITH_TENANT),
    _of("submission", "user_key", Whose.CONTACT, _WITH_TENANT),
)


def held() -> set[tuple[str, str]]:
    return {(holding.table, column) for holding in HOLDINGS for column in holding.columns}
