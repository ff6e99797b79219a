"""From a request to its view, and from whatever the view does to an answer of the contract.

A table of routes of our own instead of a framework: the envelope has to hold for what no view
sees (unknown addresses and methods, bodies that are too large), ids come with `:` and `/` in
them, and lists go out as bytes that are ready. What is left is one match and one try.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from integrations import jobs, telemetry
from integrations.accounts import failed_calls
from integrations.accounts.api_keys import InvalidKey, authenticate
from integrations.api import cors, idempotency, limits
from integrations.api.bodies import failure, moment
from integrations.api.caller import HEADER, Caller, tenant
from integrations.api.errors import ApiError, failed, invalid, unavailable
from integrations.api.representation import represented, without_body
from integrations.database.waits import is_unavailable
from integrations.models import ApiKey, Integration

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

# When the answer to a read was begun, by the clock that says what has changed since.
SERVER_TIME = "X-Server-Time"

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")
# The first part of addresses without `/v1`: everything else there is the site's.
ROOMS = "|".join(
    (
        *("ats", "changes", "check-api-key", "connect", "force-sync", "integrations"),
        *("passthrough", "submissions", "tools", "webhooks"),
    )
)
ADDRESS = re.compile(rf"/(?:v1|{ROOMS})(?:/|$)")
_MISTAKEN = re.compile(r"/(?:v[0-9]|ats)(?:/|$)")


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One operation. `path` is without a leading slash or `v1/`; `{name}` stands for one part of
    it, `{name:path}` for several.

    `writes`: refused to read-only keys, and an `Idempotency-Key` is honoured, by the view itself
    with `own_idempotency`. `action`: goes to Flatchr live, so it counts towards the concurrency
    limit. `general`: may send the general error codes alone. `records`: answers with records and
    nothing secret, and so compressed when asked to.
    """

    method: str
    path: str
    view: View
    writes: bool = False
    action: bool = False
    general: bool = False
    own_idempotency: bool = False
    records: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(_regex(self.path)))


def _regex(path: str) -> str:
    parts, end = [], 0
    for found in _PARAMETER.finditer(path):
        parts.append(re.escape(path[end : found.start()]))
        parts.append(f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})")
        end = found.end()
    return "".join(parts) + re.escape(path[end:])


class Router:
    """Answers every request under the API's addresses from one table of routes."""

    def __init__(self, routes: Iterable[ApiRoute]) -> None:
        self.routes = list(routes)

    def match(self, method: str, path: str) -> tuple[ApiRoute, Mapping[str, str]]:
        """The route, and the values of its parameters. HEAD is GET. Raises `ApiError` 404 or
        405.
        """
        wanted = "GET" if method == "HEAD" else method
        allowed = set()
        for route in self.routes:
            found = route.pattern.fullmatch(path)
            if found and route.method == wanted:
                return route, found.groupdict()
            if found:
                allowed |= {"GET", "HEAD"} if route.method == "GET" else {route.method}
        if allowed:
            allowed_methods = ", ".join(sorted(allowed))
            raise ApiError(
                "PLATFORM.INPUT_INVALID",
                f"This address does not take {method}, but {allowed_methods}.",
                status=405,
                headers={"Allow": allowed_methods},
            )
        raise ApiError("PLATFORM.INPUT_INVALID", "There is nothing at this address.", status=404)

    def __call__(self, request: HttpRequest, path: str) -> HttpResponse:
        if (asked := cors.preflight(request)) is not None:
            return asked
        started = time.perf_counter()
        call = _ApiCall(request)
        general = not path.startswith("ats/")
        refusal = None
        try:
            answer = call.answer(self, path)
        except ApiError as error:
            refusal = error
        except SuspiciousOperation:
            # Django's own limits, such as that on the number of parameters.
            refusal = invalid("The request is not valid.")
        except Exception as error:
            # Whatever it was, the client gets an envelope, and the log what happened.
            logger.exception("%s %s failed", request.method, call.shown)
            refusal = (
                unavailable() if is_unavailable(error) and not call.may_have_acted else failed()
            )
        if refusal is not None:
            answer = failure(refusal, general=general, log_url=call.noted(refusal))
        for name, value in call.headers.items():
            answer.headers.setdefault(name, value)
        answer.headers["Cache-Control"] = "no-store"
        cors.share(request, answer)
        answer = represented(request, answer, compress=call.compress)
        if request.method == "HEAD":
            answer = without_body(answer)
        telemetry.api_answered(
            method=str(request.method),
            route=call.shown,
            status=answer.status_code,
            key=call.key_prefix,
            # Only once it is known to be one of the caller's: a log line holds no foreign text.
            tenant=getattr(getattr(request, "api_tenant", None), "pk", None),
            seconds=time.perf_counter() - started,
        )
        return answer


class _ApiCall:
    """One request on its way; what is known so far is in the log line, whatever happens."""

    def __init__(self, request: HttpRequest) -> None:
        self.request: Any = request
        self.headers: dict[str, str] = {}
        # The route's own address: the one that was asked for may hold anything.
        self.shown = "(no route)"
        self.key: ApiKey | None = None
        self.arguments: Mapping[str, str] = {}
        self.key_prefix = "none"
        self.compress = False
        # Clients send again what is answered with 503, also a POST.
        self.may_have_acted = False

    def answer(self, router: Router, path: str) -> HttpResponse:
        tenant_id = self.request.headers.get(HEADER, "").strip()
        try:
            key, self.request.api_tenant = authenticate(
                self.request.headers.get("Authorization", ""),
                # It is refused below, once it is known who is asking.
                "" if "\0" in tenant_id else tenant_id,
            )
        except InvalidKey as error:
            raise ApiError("PLATFORM.AUTHENTICATION_INVALID", str(error)) from None
        self.key, self.key_prefix = key, key.prefix
        allowance = limits.count_request(key.pk)
        if self.request.method in ("GET", "HEAD"):
            # Before anything is read that is answered: what a later read has to begin from.
            began = jobs.now() if allowance is None else allowance.counted_at
            self.headers[SERVER_TIME] = str(moment(began))
        if allowance is not None:
            self.headers.update(allowance.headers)
            if allowance.exceeded:
                raise limits.refuse(allowance)
        refuse_nul(self.request, path)
        route, arguments = router.match(self.request.method, path)
        self.shown, self.compress, self.arguments = route.path, route.records, arguments
        self.request.api_caller = Caller(key, route.general)
        if route.writes and key.read_only:
            # Not AUTHENTICATION_INVALID: clients take that as a reason to drop the key.
            raise ApiError("PLATFORM.INPUT_INVALID", "This API key is read-only.", status=403)
        if not route.action:
            return self._view(route, key, arguments)
        with limits.action_slot(tenant(self.request, for_action=True).pk) as headers:
            self.headers.update(headers)
            return self._view(route, key, arguments)

    def noted(self, refusal: ApiError) -> str | None:
        """The address of the page of this call. None without a key, above the key's limit, and
        when the database does not answer.
        """
        if self.key is None or refusal.status in (429, 503):
            return None
        try:
            about = self._tenant(self.key)
        except DatabaseError:
            # Were it raised, a write that may have been done would be answered with 503.
            return None
        return failed_calls.note(
            key=self.key,
            tenant=about,
            method=self.request.method,
            route=self.shown,
            status=refusal.status,
            code=refusal.code,
            message=refusal.message,
            submission=refusal.submission,
        )

    def _tenant(self, key: ApiKey) -> Integration | None:
        """The tenant that the header names, or the address."""
        found: Integration | None = getattr(self.request, "api_tenant", None)
        if found is None and (named := self.arguments.get("integration_id")):
            found = Caller(key).tenants.filter(pk=named).first()
        return found

    def _view(self, route: ApiRoute, key: Any, arguments: Mapping[str, str]) -> HttpResponse:
        self.may_have_acted = route.writes
        if not route.writes or route.own_idempotency:
            return route.view(self.request, **arguments)
        return idempotency.once(
            self.request,
            key=key,
            route=f"{route.method} {route.path}",
            act=lambda: route.view(self.request, **arguments),
        )


def refuse_nul(request: HttpRequest, path: str) -> None:
    """No text of a database holds a NUL: where one is asked for, there is nothing to find."""
    texts = (path, request.headers.get(HEADER, ""), *request.GET.values())
    if any("\0" in text for text in texts):
        raise invalid("The request holds a NUL character.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """What Django answers to a request that reaches no view, such as one for another host."""
    if ADDRESS.match(request.path_info):
        general = "/ats/" not in request.path_info
        return failure(invalid("The request is not valid."), general=general)
    return HttpResponseBadRequest("<h1>Bad Request (400)</h1>")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """What is answered where nothing is: a page to browsers, the envelope to programs, such as an
    SDK with a wrong base address.
    """
    accepts = request.headers.get("Accept", "")
    of_a_program = accepts or _MISTAKEN.search(request.path_info)
    if not of_a_program or "text/html" in accepts or request.path_info.startswith("/admin/"):
        return defaults.page_not_found(request, exception)
    return failure(
        ApiError("PLATFORM.INPUT_INVALID", "There is nothing at this address.", status=404),
        general=True,
    )


def view_of(router: Router) -> View:
    """The router as a Django view: clients sign in with a key and no cookie, so there is no
    request that another site could forge.
    """

    def unified_api(request: HttpRequest, path: str = "") -> HttpResponse:
        # Programs read it, and logs: one language, whatever a client's headers ask for.
        with translation.override("en"):
            return router(request, path)

    exempt: View = csrf_exempt(unified_api)
    return exempt
