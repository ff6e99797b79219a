"""The installation's chat: a Slack-compatible incoming webhook, set in the dashboard or by the
variable `ALERTS_CHAT_URL`, which comes first.
"""

from __future__ import annotations

import json

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from integrations import egress
from integrations.egress import EgressError
from integrations.messages import Message
from integrations.models import AlertLevel, ChatTarget, Issue

DEADLINE_SECONDS = 15.0
ONLY_ROW = 1


class ChatRefused(Exception):
    """The message was not taken, or the address is none; says why."""


def target() -> ChatTarget:
    """The address with its choices, as stored; the variable in place of the stored address."""
    stored = ChatTarget.objects.filter(pk=ONLY_ROW).first() or ChatTarget(pk=ONLY_ROW)
    if settings.ALERTS_CHAT_URL:
        stored.url = settings.ALERTS_CHAT_URL
    return stored


def wants(issue: Issue) -> bool:
    """Whether there is a chat, and issues as urgent as this one are told there."""
    chosen = target()
    return bool(chosen.url) and AlertLevel(chosen.level).takes(issue.severity)


def choose(*, url: str | None, level: str, language: str) -> None:
    """Store the choices; without `url` the stored address stays. Raises `ChatRefused`."""
    if url:
        try:
            egress.check(url, allowed_networks=settings.EGRESS_ALLOWED_NETWORKS)
        except EgressError as error:
            raise ChatRefused(error.message) from None
    # By name: a stored address that cannot be decrypted any more could not be saved.
    chosen = {"level": level, "language": language}
    if url is not None:
        chosen["url"] = url
    ChatTarget.objects.update_or_create(pk=ONLY_ROW, defaults=chosen)


def send_test() -> None:
    """Raises `ChatRefused`."""
    chosen = target()
    with translation.override(chosen.language):
        post(chosen.url, _("Relais: this is a test. Alerts arrive here."))


def post(url: str, text: str) -> None:
    """Raises `ChatRefused`, whose words name the host and never the address."""
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    try:
        answer = egress.post(
            url,
            body,
            headers={"Content-Type": "application/json", "User-Agent": "Relais"},
            deadline=DEADLINE_SECONDS,
            most_read=1024,
            allowed_networks=settings.EGRESS_ALLOWED_NETWORKS,
        )
    except EgressError as error:
        raise ChatRefused(error.message) from None
    if not 200 <= answer.status < 300:
        raise ChatRefused(Message("chat_answered", status=answer.status))
