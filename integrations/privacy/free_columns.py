"""Columns without personal data: by their type, or declared to be free of it. All others are in
`register.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

# Columns of text without personal data: ids, codes, hashes, keys, and words of the installation's.
FREE: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "auth_group": "name",
        "auth_permission": "name codename",
        "auth_user": "password",
        "django_admin_log": "object_id",
        "django_content_type": "app_label model",
        "django_session": "session_key",
        "integrations_action": "id parameters before subject lease_owner log error_kind",
        "integrations_actiongroup": "id parameters",
        "integrations_apikey": "prefix key_hash passthrough_methods",
        "integrations_application": "id remote_id",
        "integrations_applicationstage": "id remote_id fingerprint content_hash name remote_data",
        "integrations_auditentry": "what key_prefix integration_id object_kind object_id",
        "integrations_bulkupload": "id lease_owner",
        "integrations_candidate": "id remote_id",
        "integrations_candidatetag": "id remote_id fingerprint content_hash",
        "integrations_chattarget": "url language",
        "integrations_columnset": "columns",
        "integrations_connectionlink": "token_hash tool language scope_choices exchange_hash",
        "integrations_customfield": "id key label description",
        "integrations_decideddeletion": "record_id",
        "integrations_eventaddress": "token token_hash old_token_hash lease_owner",
        "integrations_eventcount": "kind",
        "integrations_export": "columns lease_owner file tenants mail_error",
        "integrations_exportschedule": "columns language stopped",
        "integrations_failedcall": "id method route code submission_id",
        "integrations_fieldmapping": "integration_field",
        "integrations_flatchrsignin": "token",
        "integrations_flatchrcredentials": "api_key company_key slug",
        "integrations_flatchrsettings": "source_id integration_fields scope_choices scope_opt_outs",
        "integrations_helddeletion": "record_id",
        "integrations_httpexchange": "key method host",
        "integrations_incomingevent": "kind vacancy_id applicant_id",
        "integrations_integration": "id",
        "integrations_issue": "kind records occasion",
        "integrations_job": "id remote_id fingerprint content_hash slug reference employment_type "
        "status visibility category department post_url experience_level remote_work_status "
        "salary_currency salary_period",
        "integrations_jobstage": "id remote_id fingerprint content_hash",
        "integrations_keptid": "remote_id record_id",
        "integrations_languagechoice": "language",
        "integrations_modelresult": "error_kind",
        "integrations_notice": "lease_owner",
        "integrations_passthroughcall": "method",
        "integrations_preparedcall": "id",
        "integrations_processheartbeat": "id host queues version",
        "integrations_quarantinedrecord": "remote_id",
        "integrations_recordchange": "record_id",
        "integrations_removedapplicant": "remote_id",
        "integrations_searchentry": "record_id",
        "integrations_searchprogress": "lease_owner",
        "integrations_scopeconfig": "id name choices",
        "integrations_storedanswer": "request_hash",
        "integrations_submission": "id document_type lease_owner error_kind",
        "integrations_syncrun": "lease_owner checkpoint error_kind",
        "integrations_syncwarning": "code remote_ids",
        "integrations_tag": "id remote_id fingerprint content_hash name parent_id",
        "integrations_tagprogress": "lease_owner queue error_kind",
        "integrations_tenantfigures": "weeks stages",
        "integrations_unresolvedrecord": "model code remote_id",
        "integrations_valuedecision": "value key unified",
        "integrations_webhookattempt": "error",
        "integrations_webhookdelivery": "last_error",
        "integrations_webhookendpoint": "id events lease_owner",
        "integrations_webhookevent": "id type",
        "integrations_webhookprogress": "content_after told_state",
        "integrations_webhooksecret": "secret",
        "integrations_authenticatorapp": "key",
        "otp_static_statictoken": "token",
        "otp_totp_totpdevice": "key",
    }.items()
}

_WITHOUT_TEXT = (
    models.AutoField,
    models.BooleanField,
    models.IntegerField,
    models.FloatField,
    models.DateField,
    models.ForeignKey,
    models.DurationField,
    models.DecimalField,
)


def is_free_by_type(field: Any) -> bool:
    """Whether a column cannot hold text: numbers, times, references, and one of a few choices."""
    return isinstance(field, _WITHOUT_TEXT) or bool(getattr(field, "choices", None))


def columns_with_text() -> Iterator[tuple[str, str]]:
    """Table and column of all that can hold text, of every installed app."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if not is_free_by_type(field):
                yield model._meta.db_table, str(field.column)


def declared_free() -> set[tuple[str, str]]:
    return {(table, column) for table, columns in FREE.items() for column in columns}
