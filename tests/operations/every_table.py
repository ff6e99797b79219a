"""An invented installation with rows in each table there is, made field by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models

from integrations.models import ApiKey
from integrations.models.fields import EncryptedTextField, RawObjectField
from integrations.operations.moving.tables import moved_tables

ROWS = 3
# What COPY, CSV, JSON and SQL give a meaning of their own, and letters beyond Latin-1.
TEXT = "é “x”\\N \\t\t\n\r'\";,\\. 🙂 %s"
JSON = {"b": [1, 2.5, 1e2, -0.0, 12345678901234567890123, None, True], "a": {"é": TEXT, "": {}}}
START = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC)
MADE_BY_MIGRATE = (ContentType, Permission)


def fill_every_table() -> None:
    """`ROWS` rows in each table; in those that link two models, too."""
    made: dict[type[models.Model], list[Any]] = {
        model: list(model._base_manager.order_by("pk")[:ROWS]) for model in MADE_BY_MIGRATE
    }
    for table in moved_tables():
        if table.model not in made:
            rows = [_row(table.model, number, made) for number in range(ROWS)]
            table.model._base_manager.bulk_create(rows)
            made[table.model] = list(table.model._base_manager.order_by("pk"))
    # Numbers that were given and are free again.
    User.objects.order_by("-pk")[0].delete()
    ApiKey.objects.create(name="gone", key_hash="gone").delete()


def _row(model: type[models.Model], number: int, made: dict[type[models.Model], list[Any]]) -> Any:
    values = {}
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.AutoField):
            continue
        if field.is_relation:
            values[field.attname] = _other(field, number, made)
        else:
            values[field.attname] = _value(field, number)
    return model(**values)


def _other(field: Any, number: int, made: dict[type[models.Model], list[Any]]) -> Any:
    others = made.get(field.related_model)
    if others is None:
        return None
    # The last rows of what may stand alone do.
    if field.null and number == ROWS - 1:
        return None
    return others[number].pk


def _value(field: Any, number: int) -> Any:
    if field.null and number == ROWS - 1:
        return None
    if field.choices:
        return field.choices[number % len(field.choices)][0]
    match field:
        case EncryptedTextField():
            return f"secret {number}"
        case models.JSONField() | RawObjectField():
            return [JSON, [], number][number % 3]
        case models.BinaryField():
            return bytes(range(256)) + bytes([number])
        case models.DateTimeField():
            return START + timedelta(days=number, microseconds=number * 499_999)
        case models.DateField():
            return (START + timedelta(days=number)).date()
        case models.BooleanField():
            return number % 2 == 0
        case models.FloatField():
            return [0.1 + 0.2, -1.5e300, 3.0][number % 3]
        case models.BigIntegerField():
            return 2**63 - 1 - number
        case models.SmallIntegerField() | models.PositiveSmallIntegerField():
            return 32767 - number
        case models.IntegerField():
            return 2**31 - 1 - number
        case models.GenericIPAddressField():
            return ["203.0.113.9", "2001:db8::1", "198.51.100.7"][number % 3]
        case models.EmailField():
            return f"nadia{number}@mail.example"
    text = f"{number} {field.model.__name__} {TEXT}"
    return text[: field.max_length] if field.max_length else text
