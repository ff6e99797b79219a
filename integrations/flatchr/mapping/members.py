"""Members of a company as users of the unified schema (`docs/flatchr-api.md §13`,
`docs/mapping.md`).

Flatchr has no label for a role and does not document the status codes of a member, so neither is
mapped. Fields of which it is not known what they hold are not read: some hold credentials.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.flatchr.mapping.contacts import valid_email
from integrations.flatchr.mapping.values import iso_instant

# What of the raw objects is handed out where they are asked for.
_MEMBER = ("id", "role_id", "external_id", "company_id", "created_at", "last_login")
_USER = (
    *("id", "user_id", "firstname", "lastname", "email", "phone", "use_email", "status"),
    *("language", "timezone", "created_at", "updated_at"),
)


@dataclass(frozen=True, slots=True)
class User:
    """`remote_id` is the id by which tasks and created candidates refer to a user. `changed_at`
    is the latest timestamp of the member or user; null if there is none. `raw` is the member as
    Flatchr has it, without fields that may sign somebody in.
    """

    remote_id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    role_id: str | None
    changed_at: datetime | None
    raw: dict[str, Any]


def users(members: Iterable[Any]) -> list[User]:
    """The users of `GET /company/{company}/members?fields=user`, each once. Anything else, or
    a member without its user's id, is skipped.
    """
    found = {}
    for member in members:
        user = _user(member)
        if user is not None:
            found[user.remote_id] = user
    return list(found.values())


def _user(member: Any) -> User | None:
    given = member.get("user") if isinstance(member, dict) else None
    if not isinstance(given, dict):
        return None
    remote_id = _text(given.get("id"))
    if remote_id is None:
        return None
    role = member.get("role_id")
    moments = (member.get("created_at"), given.get("created_at"), given.get("updated_at"))
    return User(
        remote_id=remote_id,
        first_name=_text(given.get("firstname")),
        last_name=_text(given.get("lastname")),
        email=valid_email(_text(given.get("email")) or ""),
        role_id=str(role) if type(role) is int else _text(role),
        changed_at=max(filter(None, map(_instant, moments)), default=None),
        raw={**_plain(member, _MEMBER), "user": _plain(given, _USER)},
    )


def _plain(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The fields with these names, of which none is an object."""
    scalar = (str, int, float, bool, type(None))
    return {
        name: given[name] for name in names if name in given and isinstance(given[name], scalar)
    }


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _instant(value: Any) -> datetime | None:
    return iso_instant(value) if isinstance(value, str) else None
