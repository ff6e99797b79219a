"""GET /ats/users: the members of the company, asked of Flatchr at once (the official SDK's
`get_users`; `docs/flatchr-api.md §13`).

They are few and belong to no candidate or job, so they are not mirrored. So it is not known when a
user was removed (`remote_deleted_at` is null, `include_deleted` adds nothing), and `changed_at` is
the latest timestamp that Flatchr gives of the user.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.http import HttpRequest, HttpResponse

from integrations.actions.lookup import HURRY, flatchr
from integrations.api import bodies
from integrations.api.actions.errors import of_service
from integrations.api.caller import tenant
from integrations.api.reads import cursors
from integrations.api.reads.listing import MOST, PAGE_SIZE
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.scope import scope_of
from integrations.flatchr.mapping.members import User, users
from integrations.ids import unified_id
from integrations.models import Integration

NAME = "users"


class ListedUser(NamedTuple):
    """A user of the list, under the id and with the time that it goes out with."""

    id: str
    changed_at: datetime
    user: User


def view(request: HttpRequest) -> HttpResponse:
    """A page of them. Raises `ApiError`."""
    integration = tenant(request, for_action=True)
    parameters = Parameters(request.GET)
    size = parameters.number("page_size", PAGE_SIZE, lowest=1, highest=MOST)
    cursor = parameters.cursor()
    after = "" if cursor is None else cursors.position(NAME, cursor)
    wanted = UserFilter(parameters)
    listed = sorted(one for one in _members(integration) if wanted.matches(one))
    # One more than the page holds tells whether there is a next one.
    found = [one for one in listed if one.id > after][: size + 1]
    following = cursors.cursor(NAME, found[size - 1].id) if len(found) > size else None
    shown = scope_of(integration).remote_data
    return bodies.page([_row(one, remote_data=shown) for one in found[:size]], following)


def remote_id_of(integration: Integration, user_id: str) -> str | None:
    """Flatchr's own id of the user with this unified id; None if there is none. Raises `ApiError`.

    An id is a digest that does not lead back, so Flatchr is asked for its users.
    """
    known = {one.id: one.user.remote_id for one in _members(integration)}
    return known.get(user_id)


class UserFilter:
    """The conditions of a request; all of them have to hold."""

    def __init__(self, parameters: Parameters) -> None:
        self._ids = parameters.several("ids")
        self._remote_ids = parameters.several("remote_ids")
        emails = parameters.several("emails")
        self._emails = None if emails is None else {email.lower() for email in emails}
        self._since = parameters.moment("updated_after")
        parameters.flag("include_deleted")
        parameters.flag("ignore_unsupported_filters")

    def matches(self, one: ListedUser) -> bool:
        return (
            (self._ids is None or one.id in self._ids)
            and (self._remote_ids is None or one.user.remote_id in self._remote_ids)
            and (self._emails is None or (one.user.email or "").lower() in self._emails)
            and (self._since is None or one.changed_at >= self._since)
        )


def _members(integration: Integration) -> list[ListedUser]:
    with of_service(), flatchr(integration, HURRY) as client:
        members = client.members()
    return list(_listed(integration, members))


def _listed(integration: Integration, members: Iterable[Any]) -> Iterable[ListedUser]:
    for user in users(members):
        # Without a timestamp of Flatchr, a user counts as changed when the tenant was connected.
        changed_at = user.changed_at or integration.created_at
        yield ListedUser(unified_id(integration.pk, user.remote_id), changed_at, user)


def _row(one: ListedUser, *, remote_data: bool) -> bytes:
    user = one.user
    role = {
        "remote_id": user.role_id,
        "remote_label": None,
        "unified_type": None,
        "scope": "SYSTEM",
    }
    return orjson.dumps(
        {
            "id": one.id,
            "remote_id": user.remote_id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "status": None,
            "system_roles": [role] if user.role_id else [],
            "remote_data": user.raw if remote_data else None,
            "changed_at": bodies.moment(one.changed_at),
            "remote_deleted_at": None,
        }
    )
