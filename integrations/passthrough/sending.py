"""Sending a request that was asked for: to Flatchr, once, and written down whatever comes of it.

Flatchr's answer of any status is an answer. What brought none is `Unanswered`, which says whether
Flatchr may have done it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.flatchr.actions import ActingClient, Relayed
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.exchange_log import Exchange, Masker
from integrations.flatchr.payloads import BytesBody
from integrations.flatchr.policy import Policy
from integrations.models import Integration, PassthroughCall
from integrations.passthrough import history
from integrations.passthrough.history import Sender
from integrations.passthrough.request import Outgoing, with_key
from integrations.tenants.clients import open_acting_client
from integrations.tenants.exchange_recorder import ExchangeRecorder

# The largest answer that is read; bytes.
MAX_ANSWER = 25 * 1024**2
PATIENCE = Policy(connect_timeout=5, read_timeout=60, write_deadline=60, attempts=1)


class NotConnected(Exception):
    """The tenant has no Flatchr credentials yet."""


class Unanswered(Exception):
    """A request that brought no answer. `title` and `message` are for the user; `may_be_done`
    says that Flatchr may have done it, so that nothing may send it again by itself.
    """

    def __init__(self, error: FlatchrError, *, may_be_done: bool, max_bytes: int) -> None:
        self.kind = error.kind
        self.may_be_done = may_be_done and not (
            error.kind is ErrorKind.RATE_LIMITED or error.kind.is_auth
        )
        self.title, self.message = _words(error, self.may_be_done, max_bytes)
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Answer:
    """Flatchr's answer, how long it took in seconds, and what masks the tenant's secrets in it."""

    relayed: Relayed
    seconds: float
    masker: Masker


class _Log(ExchangeRecorder):
    """Records the exchange without what was answered, and remembers its measures."""

    last: Exchange | None = None

    def exchange(self, exchange: Exchange) -> None:
        if exchange.duration is not None:
            self.last = exchange
            # Whatever Flatchr has may be asked for here, people's messages included.
            exchange.response_body = ""
        super().exchange(exchange)


def send(
    integration: Integration, call: Outgoing, sender: Sender, *, max_bytes: int | None = None
) -> Answer:
    """Send `call` in the tenant's name and return Flatchr's answer, at most `max_bytes` of it.

    Raises `NotConnected` and `Unanswered`. It is in the history from before it is sent.
    """
    if not hasattr(integration, "credentials"):
        raise NotConnected
    most = MAX_ANSWER if max_bytes is None else max_bytes
    log = _Log(integration.pk)
    try:
        with open_acting_client(integration, log, PATIENCE) as client:
            return _sent(client, integration, call, sender, log, most)
    except FlatchrError as error:
        raise Unanswered(error, may_be_done=False, max_bytes=most) from None
    finally:
        log.flush()


def _sent(
    client: ActingClient,
    integration: Integration,
    call: Outgoing,
    sender: Sender,
    log: _Log,
    most: int,
) -> Answer:
    masker = Masker(client.credentials.api_key)
    row = history.begin(integration, call, sender, masker)
    content = with_key(call, client.credentials.api_key)
    body = BytesBody(content) if content else None
    problem: Unanswered | None = None
    try:
        relayed = _relayed(client, call, body, most)
    except FlatchrError as error:
        begun = body.give_up() if body is not None else True
        problem = Unanswered(error, may_be_done=begun and call.method != "GET", max_bytes=most)
        raise problem from None
    finally:
        _end(row, log.last, problem)
    return Answer(relayed, (log.last.duration if log.last else None) or 0.0, masker)


def _relayed(
    client: ActingClient, call: Outgoing, body: BytesBody | None, max_bytes: int
) -> Relayed:
    return client.relay(
        call.host,
        call.method,
        call.path,
        headers=call.headers,
        params=call.params,
        body=body,
        shown=call.shown,
        max_bytes=max_bytes,
    )


def _end(row: PassthroughCall, exchange: Exchange | None, problem: Unanswered | None) -> None:
    history.end(
        row,
        status=exchange.status if exchange else None,
        duration=(exchange.duration if exchange else None) or 0.0,
        bytes_received=exchange.bytes_received if exchange else 0,
        error=problem.message if problem else "",
    )


def _words(error: FlatchrError, may_be_done: bool, max_bytes: int) -> tuple[str, str]:
    """A title, which may be empty, and what happened with what to do next."""
    if error.kind is ErrorKind.RATE_LIMITED:
        return "", "The limit for requests to Flatchr is used up. Nothing was sent."
    if error.kind.is_auth:
        return "Flatchr cannot be signed in to.", error.message
    if error.kind is ErrorKind.TOO_LARGE:
        size = max_bytes // 1024**2
        return (
            "The answer is too large.",
            f"Flatchr's answer is larger than {size} MB and was not read.",
        )
    if may_be_done:
        return (
            "Not known whether Flatchr did it.",
            f"{error.message} The answer was lost, so Flatchr may have done it or not: look "
            "before you send it again.",
        )
    if error.kind is ErrorKind.TIMEOUT:
        return "", error.message
    return "Flatchr is not available.", error.message
