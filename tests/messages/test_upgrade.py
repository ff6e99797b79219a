"""Rows stored before messages had codes: they read as they did, and the way back works."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import translation

from integrations.messages import Message, load, translated
from integrations.migrations import _stored_sentences as stored
from integrations.models import (
    Integration,
    QuarantinedRecord,
    Submission,
    SyncRun,
    SyncWarning,
)

BEFORE = ("integrations", "0022_message_columns")
AFTER = ("integrations", "0023_message_codes")

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


def migrate(*, back: bool = False) -> None:
    """Rewrite the rows, or write them as they were. Only rows change, so the tables are those of
    now, which takes a tenth of the time that it takes to go back to the tables of then.
    """
    loader = MigrationLoader(connection, replace_migrations=False)
    migration, state = loader.disk_migrations[AFTER], loader.project_state(BEFORE)
    with connection.schema_editor() as editor:
        (migration.unapply if back else migration.apply)(state, editor)


def test_all_that_came_later_can_be_taken_back() -> None:
    loader = MigrationLoader(None, replace_migrations=False)
    later = [one for one in loader.graph.nodes if one[0] == "integrations" and one > AFTER]

    assert later
    for key in later:
        assert all(one.reversible for one in loader.disk_migrations[key].operations), key


# The way there is proven on each database by `tests/upgrade`.
@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_a_database_of_before_is_taken_along_and_back() -> None:
    english, french = KNOWN[0]
    # Models of then read and write what is in the columns, as it is.
    then = MigrationLoader(connection, replace_migrations=False).project_state(BEFORE).apps
    tenant = Integration.objects.create(organization="Atelier", environment="PRODUCTION")
    note = {"code": "unusual_phone", "field": "phone_number", "message": "Choose a job."}
    example = {"remote_id": "7", "field": "f", "value": "v", "message": KNOWN[5][0]}
    for name in ("known", "other"):
        Submission.objects.create(id=name, integration=tenant)
    run = SyncRun.objects.create(integration=tenant)
    SyncWarning.objects.create(run=run, model="jobs", code="c")
    QuarantinedRecord.objects.bulk_create(
        QuarantinedRecord(run=run, model="jobs", reason="", raw="[]") for _ in range(1100)
    )
    submissions = then.get_model("integrations", "Submission").objects
    submissions.filter(pk="known").update(error_message=english, warnings=[note])
    submissions.filter(pk="other").update(error_message='{"code":"x"}')
    then.get_model("integrations", "SyncRun").objects.update(waiting_reason="Flatchr said 503")
    warnings = then.get_model("integrations", "SyncWarning").objects
    warnings.update(examples=[example])
    set_aside = then.get_model("integrations", "QuarantinedRecord").objects
    set_aside.update(reason="The record is not a JSON object.")

    migrate()

    row = Submission.objects.get(pk="known")
    assert row.error_message == english
    assert submissions.get(pk="known").error_message != english, "It has a code."
    assert row.warnings[0] == note
    with translation.override("fr"):
        assert french in translated(row.error_message)
        assert translated(row.warnings[0]["message"]) == "Choisissez une offre."
        assert translated(SyncRun.objects.get().waiting_reason) == "Flatchr a répondu 503"
        [found] = SyncWarning.objects.values_list("examples", flat=True).get()
        assert translated(found["message"]) == KNOWN[5][1]
        reasons = {translated(one.reason) for one in QuarantinedRecord.objects.all()}
        assert reasons == {KNOWN[5][1]}
    assert Submission.objects.get(pk="other").error_message == '{"code":"x"}'

    migrate(back=True)

    assert submissions.get(pk="known").error_message == english
    assert submissions.get(pk="known").warnings == [note]
    assert submissions.get(pk="other").error_message == '{"code":"x"}'
    [warning] = warnings.all()
    assert warning.examples == [example]
    assert not set_aside.exclude(reason="The record is not a JSON object.")
