"""An answer of Flatchr's in plain words, for people who do not know its statuses."""

from __future__ import annotations

from integrations.flatchr.errors import Scope, from_status
from integrations.passthrough.request import Outgoing


def explain(call: Outgoing, status: int) -> str:
    """What `status` means for `call`, with what to do next; empty where it went well."""
    if status < 300:
        return ""
    if status < 400:
        return (
            "Flatchr points to another address, which is not followed: it would take the key "
            "along. The address is among the headers, under location."
        )
    return from_status(status, _scopes(call), detail="").message


def _scopes(call: Outgoing) -> set[Scope]:
    if call.host == "careers":
        return {Scope.ANY, Scope.CAREERS if call.method == "GET" else Scope.WRITE}
    below_company = call.path.startswith("/company/")
    return {Scope.ANY, Scope.API} | ({Scope.COMPANY} if below_company else set())
