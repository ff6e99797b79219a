"""Send a passthrough request to Flatchr, once; every request is recorded in the history.

A response of any status is a result. Without a response `NoResponse` is raised, which says whether
Flatchr may have carried the request out all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.flatchr.actions import ActionClient, RelayedResponse
from integrations.flatchr.configuration import Policy
from integrations.flatchr.errors import ErrorKind, FlatchrError, Scope, from_status
from integrations.flatchr.exchange_log import Exchange, Masker
from integrations.flatchr.payloads import BytesBody
from integrations.messages import Message
from integrations.models import Integration
from integrations.passthrough import history
from integrations.passthrough.history import Sender
from integrations.passthrough.request import CheckedRequest, with_key
from integrations.tenants import live_calls
from integrations.tenants.clients import open_action_client
from integrations.tenants.exchange_recorder import ExchangeRecorder

# The largest answer that is read; bytes.
MAX_ANSWER = 25 * 1024**2
PATIENCE = Policy(connect_timeout=5, read_timeout=60, write_deadline=60, attempts=1)


class NotConnected(Exception):
    """The tenant has no Flatchr credentials yet."""


class NoResponse(Exception):
    """A request without a response. `title` and `message` are for the user; `may_be_done`
    says that Flatchr may have carried it out, so it must not be retried automatically.
    """

    def __init__(self, error: FlatchrError, *, may_be_done: bool, max_bytes: int) -> None:
        self.kind = error.kind
        self.may_be_done = may_be_done and not (
            error.kind is ErrorKind.RATE_LIMITED or error.kind.is_auth
        )
        self.title, self.message = _texts(error, self.may_be_done, max_bytes)
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class PassthroughResult:
    """Flatchr's response, the duration in seconds, and the masker of the tenant's secrets."""

    response: RelayedResponse
    seconds: float
    masker: Masker


class _PassthroughRecorder(ExchangeRecorder):
    """Records the exchange without the response body, and keeps the last one for its figures."""

    last: Exchange | None = None

    def exchange(self, exchange: Exchange) -> None:
        if exchange.duration is not None:
            self.last = exchange
            # Any data of Flatchr can be read through here, people's messages included.
            exchange.response_body = ""
        super().exchange(exchange)


def send(
    integration: Integration, call: CheckedRequest, sender: Sender, *, max_bytes: int | None = None
) -> PassthroughResult:
    """Send `call` with the tenant's key and return Flatchr's response of at most `max_bytes`.

    Raises `NotConnected` and `NoResponse`. The history has the request before it is sent.
    """
    if not hasattr(integration, "credentials"):
        raise NotConnected
    limit = MAX_ANSWER if max_bytes is None else max_bytes
    log = _PassthroughRecorder(integration.pk)
    try:
        with live_calls.live_call(), open_action_client(integration, log, PATIENCE) as client:
            return _sent(client, integration, call, sender, log, limit)
    except FlatchrError as error:
        raise NoResponse(error, may_be_done=False, max_bytes=limit) from None
    finally:
        log.flush()


def _sent(
    client: ActionClient,
    integration: Integration,
    call: CheckedRequest,
    sender: Sender,
    log: _PassthroughRecorder,
    limit: int,
) -> PassthroughResult:
    masker = Masker(client.credentials.api_key)
    row = history.begin(integration, call, sender, masker)
    content = with_key(call, client.credentials.api_key)
    body = BytesBody(content) if content else None
    problem: NoResponse | None = None
    try:
        response = client.relay(
            call.host,
            call.method,
            call.path,
            headers=call.headers,
            params=call.params,
            body=body,
            logged_body=call.shown,
            max_bytes=limit,
        )
    except FlatchrError as error:
        begun = body.abort() if body is not None else True
        problem = NoResponse(error, may_be_done=begun and call.method != "GET", max_bytes=limit)
        raise problem from None
    finally:
        exchange = log.last
        seconds = (exchange.duration if exchange else None) or 0.0
        history.end(
            row,
            status=exchange.status if exchange else None,
            duration=seconds,
            bytes_received=exchange.bytes_received if exchange else 0,
            error=problem.message if problem else "",
        )
    return PassthroughResult(response, seconds, masker)


def _texts(error: FlatchrError, may_be_done: bool, max_bytes: int) -> tuple[str, str]:
    """A title, which may be empty, and a message: what happened and what to do next."""
    if error.kind is ErrorKind.RATE_LIMITED:
        return "", Message("request_limit_used_up")
    if error.kind.is_auth or error.kind is ErrorKind.KEY_UNREADABLE:
        return Message("sign_in_impossible"), error.message
    if error.kind is ErrorKind.TOO_LARGE:
        size = max_bytes // 1024**2
        return (
            Message("answer_too_large_title"),
            Message("answer_too_large", limit=size),
        )
    if may_be_done:
        return (
            Message("fate_unknown_title"),
            Message("fate_unknown", reason=error.message),
        )
    if error.kind is ErrorKind.TIMEOUT:
        return "", error.message
    return Message("flatchr_not_available_title"), error.message


def explain(call: CheckedRequest, status: int) -> str:
    """What `status` means for `call` in plain words, with what to do next; empty for a success."""
    if status < 300:
        return ""
    if status < 400:
        return Message("redirect_not_followed")
    if call.host == "careers":
        scopes = {Scope.ANY, Scope.CAREERS if call.method == "GET" else Scope.WRITE}
    else:
        scopes = {Scope.ANY, Scope.API}
        if call.path.startswith("/company/"):
            scopes.add(Scope.COMPANY)
    return from_status(status, scopes, detail="").message
