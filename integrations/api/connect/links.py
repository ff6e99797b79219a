"""Making links to connect, to reconnect, to set up, and the tenant that came of one
(`docs/unified-api.md §10.8`, §12.5).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from django.core.validators import validate_email
from django.http import HttpResponse
from pydantic import Field, field_validator

from integrations.api.bodies import Body, body_of, success
from integrations.api.caller import caller
from integrations.api.errors import ApiError, invalid
from integrations.api.general.integrations import setup_status
from integrations.api.scoping import DEFAULT, config_named, config_names, configs_of
from integrations.connecting import attempts, links
from integrations.connecting.links import connected_by
from integrations.ids import TOOL
from integrations.models import Environment, FlatchrCredentials, Integration, LinkKind
from integrations.models.scopes import Scopes

Language = Literal["en", "de", "fr", "it", "es"]
LinkType = Literal["EMBEDDED", "MAGIC_LINK"]

LASTS: dict[str, timedelta] = {"EMBEDDED": links.EMBEDDED, "MAGIC_LINK": links.MAGIC_LINK}


class CreateLink(Body):
    """The body of `POST /connect/create-link`.

    The category is HRIS unless said otherwise, as the contract has it; naming the tool says it.
    `remote_environment` is one of Flatchr's here: production, demo, or the local sandbox.
    """

    end_user_email: str = Field(max_length=254)
    end_user_organization_name: str = Field(min_length=1, max_length=200)
    end_user_origin_id: str | None = Field(default=None, min_length=1, max_length=200)
    remote_environment: str | None = None
    integration_category: Literal["HRIS", "ATS", "ASSESSMENT", "LMS"] = "HRIS"
    integration_tool: str | None = None
    language: Language | None = "en"
    scope_config_id: str | None = None
    enable_filtering: bool = False
    enable_field_mapping: bool = False
    enable_static_ips: bool = False
    link_type: LinkType = "EMBEDDED"

    @field_validator("end_user_email")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            validate_email(value)
        except Exception:
            raise ValueError("not an e-mail address") from None
        return value

    @field_validator("end_user_organization_name", "end_user_origin_id", "end_user_email")
    @classmethod
    def _can_be_stored(cls, value: str | None) -> str | None:
        if value is not None and ("\0" in value or not value.strip()):
            raise ValueError("there is nothing in it that could be shown")
        return value


class Relink(Body):
    """The body of `POST /integrations/{id}/relink`."""

    language: Language | None = "en"
    scope_config_id: str | None = None
    link_type: LinkType = "EMBEDDED"


class SetupLink(Body):
    """The body of `POST /integrations/{id}/setup-link`."""

    link_type: LinkType
    language: Language | None = "en"


def create(request: Any) -> HttpResponse:
    """A link that connects a new tenant, which the key that made the link will open.

    A key that is limited to tenants may make one: it gains none but those that its own customers
    connect.
    """
    asked = body_of(request, CreateLink)
    _of_flatchr(asked)
    scopes = _scope(asked.scope_config_id)
    token = links.new_link(
        organization=asked.end_user_organization_name,
        environment=_environment(asked.remote_environment),
        contact_email=asked.end_user_email,
        origin_id=asked.end_user_origin_id or "",
        maps_fields=asked.enable_field_mapping,
        scopes=scopes,
        language=asked.language or "",
        lasts=LASTS[asked.link_type],
        key=caller(request).key,
    )
    answer: dict[str, Any] = {"link": links.address(token)}
    if asked.enable_static_ips:
        # Flatchr has no list of addresses that may call it.
        answer["static_ips"] = []
    return success(answer)


def relink(request: Any, integration_id: str) -> HttpResponse:
    who = caller(request)
    integration = who.find(integration_id)
    asked = body_of(request, Relink)
    if asked.scope_config_id is not None:
        _own_scope(asked.scope_config_id, integration)
    token = links.link_for(
        integration,
        LinkKind.RELINK,
        language=asked.language or "",
        lasts=LASTS[asked.link_type],
        key=who.key,
    )
    return success({"link": links.address(token)})


def setup(request: Any, integration_id: str) -> HttpResponse:
    who = caller(request)
    integration = who.find(integration_id)
    asked = body_of(request, SetupLink)
    if not attempts.steps_of(integration):
        raise invalid(
            "No setup step is enabled for this integration: it has its source, and no custom "
            "field is defined that could be mapped."
        )
    token = links.link_for(
        integration,
        LinkKind.SETUP,
        language=asked.language or "",
        lasts=LASTS[asked.link_type],
        key=who.key,
    )
    return success({"link": links.address(token)})


def _of_flatchr(asked: CreateLink) -> None:
    if asked.integration_tool not in (None, TOOL):
        raise invalid("integration_tool: the only tool that can be connected here is flatchr.")
    if asked.integration_tool is None and asked.integration_category != "ATS":
        raise invalid("integration_category: the only category that can be connected here is ATS.")


def _environment(given: str | None) -> str:
    if given is None:
        return Environment.PRODUCTION
    if given not in Environment.values:
        raise invalid(f"remote_environment is one of {', '.join(Environment.values)}.")
    return given


def _scope(given: str | None) -> Scopes:
    """The scopes of a tenant to be. An existing one keeps its own."""
    known = config_named(given or DEFAULT["id"])
    if known is None:
        raise invalid(
            f"scope_config_id: there are these: {', '.join(config_names())}. An administrator adds "
            "others in the dashboard, under Scope configurations."
        )
    return known


def _own_scope(given: str, integration: Integration) -> None:
    """What is read is chosen on the integration's page, not by renewing a key."""
    own = [one["id"] for one in configs_of(integration.flatchr_settings.scopes)]
    if given not in (*own, DEFAULT["id"]):
        raise invalid(f"scope_config_id: this integration has its own, {own[0]}, and keeps it.")


class Activation(Body):
    """The body of `POST /connect/activate-integration`."""

    token: str


def by_token(request: Any, token: str) -> HttpResponse:
    """The tenant, for a key that opens it. May be asked again: an answer can be lost."""
    return _connected(request, token)


def activate(request: Any) -> HttpResponse:
    """The same under its earlier name; there is nothing left to activate."""
    return _connected(request, body_of(request, Activation).token)


def _connected(request: Any, token: str) -> HttpResponse:
    found = connected_by(token)
    if found is None or not caller(request).tenants.filter(pk=found.pk).exists():
        raise ApiError(
            "PLATFORM.INTEGRATION_NOT_FOUND",
            "No integration has been connected with this token, or the token has expired, or the "
            "API key is not for the integration.",
        )
    connected = FlatchrCredentials.objects.filter(pk=found.pk).exists()
    return success(
        {
            "tool": TOOL,
            "id": found.pk,
            "end_user_origin_id": found.origin_id or None,
            "end_user_organization_name": found.organization,
            "end_user_email": found.contact_email or None,
            "setup_status": setup_status(found, connected),
        }
    )
