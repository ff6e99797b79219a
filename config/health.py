"""Liveness, readiness, health and metrics, for probes, proxies and monitoring."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from integrations.operations.health import Status, health, overall, readiness
from integrations.operations.metrics import exposition


@never_cache
def livez(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 whenever the process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when requests can be answered, else 503 with the reason."""
    for check in readiness():
        if check.status is Status.FAILED:
            return JsonResponse({"status": check.text, "what_to_do": check.what_to_do}, status=503)
    return JsonResponse({"status": "ok"})


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Every check with what to do; 503 when one has failed."""
    checks = health()
    status = overall(checks)
    shown = [
        {
            "name": check.name,
            "status": check.status,
            "text": check.text,
            "what_to_do": check.what_to_do,
        }
        for check in checks
    ]
    return JsonResponse(
        {"status": status, "checks": shown}, status=503 if status is Status.FAILED else 200
    )


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics; 404 without `METRICS_TOKEN`, 401 for who does not send it as a bearer token."""
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
