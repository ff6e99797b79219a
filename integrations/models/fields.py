"""Column types of ours: identifiers, raw objects, messages, and text encrypted at rest."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db import models

from integrations.encryption.credentials import decrypt, encrypt
from integrations.messages import dump, dump_text, load, load_text


class IdField(models.CharField):
    """An identifier: compared byte by byte, and indexed once.

    On PostgreSQL a text key of Django's compares by the database's language and gets a second
    index for `LIKE`. Identifiers need neither, and a sync writes every index of every new row.
    """

    def db_type(self, connection: Any) -> str | None:
        if connection.vendor == "postgresql":
            # Spelled so that Django does not take it for a type that wants the second index.
            return f'character varying({self.max_length}) COLLATE "C"'
        return super().db_type(connection)


class RawObjectField(models.TextField):
    """A JSON value, kept as the text that it came as: keys in their order, numbers as written.

    For what is stored by the hundred thousand and looked into by nobody but its reader: the
    database neither checks it nor takes it apart, and cannot query what is in it.
    """

    def get_prep_value(self, value: Any) -> str | None:
        return (
            None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        )

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class MessageField(models.TextField):
    """A message of `integrations.messages`, or text that is none, such as Flatchr's own words.

    A message is stored as JSON with its code, its parameters and its English text.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return None if text is None else dump_text(text)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:  # noqa: ARG002
        return None if value is None else load_text(value)


class MessagesField(models.JSONField):
    """A JSON value in which messages may stand, however deep."""

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(dump(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return load(super().from_db_value(value, expression, connection))


# What a value reads as when none of the configured keys opens it. An exception here would make
# every page that shows the row fail, and with it the page on which the key can be entered anew.
UNREADABLE = "\ufffd"


class EncryptedTextField(models.TextField):
    """Text, stored as a Fernet token under `CREDENTIALS_KEYS`; the first key encrypts.

    Reads as `UNREADABLE` when no configured key opens the stored token. Equality cannot be
    queried: the same text is a different token each time.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "":
            return value
        if value == UNREADABLE:
            raise ValueError("An unreadable secret cannot be saved: enter it again.")
        return encrypt(str(value), are_others_stored=are_any_stored)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:  # noqa: ARG002
        if not value:
            return value
        text = decrypt(value)
        return UNREADABLE if text is None else text


def are_any_stored() -> bool:
    """Whether any row of any model has text that was encrypted."""
    return any(
        model._base_manager.exclude(**{field.name: ""}).exists()
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    )
