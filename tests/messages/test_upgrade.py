"""Rows stored before messages had codes: they read as they did, and the way back works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from integrations.messages import Message, load, translated
from integrations.migrations import _stored_sentences as stored
from integrations.models import (
    Integration,
    SyncWarning,
)
from tests.support.single_migrations import single_executor

BEFORE = [("integrations", "0022_message_columns")]
AFTER = [("integrations", "0023_message_codes")]

KNOWN = (
    (
        "The CV is larger than Flatchr takes. Attach a smaller one. Flatchr did not take it: it "
        "is safe to retry.",
        "Le CV est plus volumineux que Flatchr ne l’accepte.",
    ),
    ("Choose a job. Enter the first name. Nothing was sent.", "À saisir\xa0: prénom."),
    (
        "Flatchr does not accept something in what was sent. Correct it and submit again. "
        "Flatchr's words: “email: {bad} 100%”. This was a check: nothing was stored.",
        "«\xa0email: {bad} 100%\xa0»",
    ),
    ("The columns are missing: a, b. Not known here: “x”.", "Inconnu ici\xa0: “x”."),
    (
        "The CV could not be fetched: There is no host named a.example. Check the address. "
        "Nothing reached Flatchr: it is safe to retry.",
        "Aucun hôte ne s’appelle a.example.",
    ),
    ("The record is not a JSON object.", "La fiche n’est pas un objet JSON."),
)
UNKNOWN = ("", "Le poste est pourvu.", '{"code":"x"}', "The file is a song.", "first name")


@pytest.mark.parametrize("text", sorted({sentence for _code, sentence in stored.SENTENCES}))
def test_each_sentence_of_then_is_found_again(text: str) -> None:
    filled = stored.PLACE.sub("X-1", text)

    found = stored.coded(filled, phrases=True)

    message = load(found)
    assert isinstance(message, Message)
    # Some sentences have been worded anew since; what they say, and of what, is the same.
    assert message.code in {code for code, sentence in stored.SENTENCES if sentence == text}
    assert message.count("X-1") == filled.count("X-1")
    assert stored.plain_value(found) == filled


@pytest.mark.parametrize(("english", "french"), KNOWN)
def test_sentences_made_of_others_are_found_again(english: str, french: str) -> None:
    message = load(stored.coded(english))

    assert message == english
    with translation.override("fr"):
        assert french in translated(message)


@pytest.mark.parametrize("text", UNKNOWN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert stored.coded(text) == text
    assert stored.plain_text(stored.coded_text(text)) == text


@pytest.fixture
def migrate() -> Iterator[Any]:
    def to(targets: list[tuple[str, str]]) -> Any:
        executor = single_executor()
        executor.migrate(targets)
        return executor.loader.project_state(targets).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


# The way there is proven on each database by `tests/upgrade`.
@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_a_database_of_before_is_taken_along_and_back(migrate: Any) -> None:
    english, french = KNOWN[0]
    tenant = Integration.objects.create(organization="Atelier", environment="PRODUCTION")
    old = migrate(BEFORE)
    submissions = old.get_model("integrations", "Submission").objects
    runs = old.get_model("integrations", "SyncRun").objects
    note = {"code": "unusual_phone", "field": "phone_number", "message": "Choose a job."}
    example = {"remote_id": "7", "field": "f", "value": "v", "message": KNOWN[5][0]}
    known = submissions.create(
        id="known", integration_id=tenant.pk, error_message=english, warnings=[note]
    )
    other = submissions.create(id="other", integration_id=tenant.pk, error_message='{"code":"x"}')
    run = runs.create(integration_id=tenant.pk, waiting_reason="Flatchr said 503")
    old.get_model("integrations", "SyncWarning").objects.create(
        run=run, model="jobs", code="c", examples=[example]
    )
    old.get_model("integrations", "QuarantinedRecord").objects.bulk_create(
        [
            old.get_model("integrations", "QuarantinedRecord")(
                run=run, model="jobs", reason="The record is not a JSON object.", raw="[]"
            )
            for _ in range(1100)
        ]
    )

    new = migrate(AFTER)

    submissions = new.get_model("integrations", "Submission").objects
    row = submissions.get(pk="known")
    assert row.error_message == english
    assert row.warnings[0] == note
    with translation.override("fr"):
        assert french in translated(row.error_message)
        assert translated(row.warnings[0]["message"]) == "Choisissez une offre."
        assert (
            translated(new.get_model("integrations", "SyncRun").objects.get().waiting_reason)
            == "Flatchr a répondu 503"
        )
        [found] = SyncWarning.objects.values_list("examples", flat=True).get()
        assert translated(found["message"]) == KNOWN[5][1]
        set_aside = new.get_model("integrations", "QuarantinedRecord").objects.all()
        reasons = {translated(one.reason) for one in set_aside}
        assert reasons == {KNOWN[5][1]}
    assert submissions.get(pk="other").error_message == '{"code":"x"}'

    old = migrate(BEFORE)

    submissions = old.get_model("integrations", "Submission").objects
    assert submissions.get(pk=known.pk).error_message == english
    assert submissions.get(pk=known.pk).warnings == [note]
    assert submissions.get(pk=other.pk).error_message == '{"code":"x"}'
    [warning] = old.get_model("integrations", "SyncWarning").objects.all()
    assert warning.examples == [example]
    assert not old.get_model("integrations", "QuarantinedRecord").objects.exclude(
        reason="The record is not a JSON object."
    )
