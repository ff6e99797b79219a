"""Liveness, readiness and health, for probes, proxies and monitoring."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from integrations.operations.health import Status, health, overall, readiness


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
