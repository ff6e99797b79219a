"""Messages in rows: what a column holds, and what comes back from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import translation

from integrations.messages import Message, dump, dump_text, load, load_text, sequence, translated
from integrations.models import Integration, Submission

NESTED = Message("problems_nothing_sent", sentences=[Message("job_required"), "Flatchr says “no”."])


@pytest.mark.parametrize(
    "message",
    [
        Message("job_required"),
        Message("text_too_long", limit="20,000"),
        Message("row_same_as_earlier", row=12),
        Message("columns_missing", names="a, b", count=2),
        sequence([Message("job_required"), Message("email_required")]),
        NESTED,
    ],
)
def test_a_message_comes_back_with_its_code(message: Message) -> None:
    for back in (load_text(dump_text(message)), load(json.loads(json.dumps(dump(message))))):
        assert isinstance(back, Message)
        assert back == message
        assert back.render("fr") == message.render("fr")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Flatchr refused the request.",
        '{"code": "x"}',
        '{"code":"job_required","params":{},"text":"Choose a job."}',
        '{"text":"a"}',
        '{"code":',
        "{",
    ],
)
def test_text_comes_back_as_text(text: str) -> None:
    back = load_text(dump_text(text))

    assert back == text
    assert not isinstance(back, Message)


@pytest.mark.parametrize(
    "stored",
    [
        {"code": "declared_tomorrow", "params": {"why": "x"}, "text": "It is new."},
        {"code": "job_required", "params": {"added": "tomorrow"}, "text": "It is new."},
        {
            "code": "cv_not_fetched",
            "params": {"reason": {"code": "declared_tomorrow", "params": {}, "text": "New."}},
            "text": "The CV could not be fetched: New.",
        },
    ],
)
def test_a_message_that_a_newer_version_declared_reads_as_its_text(stored: dict[str, Any]) -> None:
    text = json.dumps(stored, separators=(",", ":"))

    for back in (load_text(text), load(stored)):
        with translation.override("fr"):
            assert stored["text"].split()[-1] in translated(back)
        assert back


def test_what_is_no_message_in_a_json_value_stays() -> None:
    value = {"code": "x", "field": "job", "message": "y", "list": [1, None, {"a": True}]}

    assert load(dump(value)) == value


@pytest.mark.django_db
def test_columns_keep_messages(submission: Submission) -> None:
    warning = {"code": "x", "field": "job", "message": Message("job_required")}
    Submission.objects.filter(pk=submission.pk).update(error_message=NESTED, warnings=[warning])

    for row in (
        Submission.objects.get(pk=submission.pk),
        Submission.objects.annotate(copy=F("error_message")).get(copy=NESTED),
    ):
        assert row.error_message == NESTED
        assert isinstance(row.error_message, Message)
        [kept] = row.warnings
        assert kept["code"] == "x"
        assert isinstance(kept["message"], Message)
    assert Submission.objects.filter(error_message=NESTED).exists()
    assert not Submission.objects.filter(error_message="").exists()


@pytest.mark.django_db
def test_the_table_shows_code_parameters_and_english(submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk).update(error_message=Message("job_required"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT error_message FROM integrations_submission")
        [stored] = cursor.fetchone()

    assert json.loads(stored) == {"code": "job_required", "params": {}, "text": "Choose a job."}


@pytest.fixture
def submission() -> Submission:
    tenant = Integration.objects.create(organization="Atelier", environment="PRODUCTION")
    return Submission.objects.create(integration=tenant)
