"""Why a webhook endpoint cannot be so, and why an event did not arrive."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "webhook_invalid_url": gettext_noop("This is not an address that events could be sent to."),
    "webhook_scheme": gettext_noop("The address must begin with https:// or http://."),
    "webhook_credentials": gettext_noop(
        "The address holds a user name or a password. Use one that works without."
    ),
    "webhook_port": gettext_noop(
        "Only the ports 80 and 443 of public hosts are reached. Others are in networks that "
        "EGRESS_ALLOWED_NETWORKS names."
    ),
    "webhook_private_address": gettext_noop(
        "The address is in a private network, which is not reached from here unless "
        "EGRESS_ALLOWED_NETWORKS names that network."
    ),
    "webhook_unknown_host": gettext_noop("There is no host of this name."),
    "webhook_unreachable": gettext_noop("The host could not be reached."),
    "webhook_tls": gettext_noop("The host's certificate is not valid."),
    "webhook_timeout": gettext_noop("There was no answer within 15 seconds."),
    "webhook_cut_short": gettext_noop("The connection broke off before there was an answer."),
    "webhook_not_understood": gettext_noop("The answer was no answer of HTTP."),
    "webhook_secret_unreadable": gettext_noop(
        "No key of CREDENTIALS_KEYS opens the endpoint's secret. Rotate the secret."
    ),
    "webhook_internal": gettext_noop("An error of Relais; the worker's log has it."),
    "webhook_endpoint_off": gettext_noop("The endpoint is switched off. Switch it on first."),
    "webhook_event_unknown": gettext_noop("There is no event {unknown}. The events are: {known}."),
    "webhook_no_events": gettext_noop("Choose at least one event."),
    "webhook_no_tenants": gettext_noop("Choose at least one tenant, or every tenant."),
    "webhook_content_gone": gettext_noop(
        "The content of this event is no longer kept, so it cannot be sent again."
    ),
}
