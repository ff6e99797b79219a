"""How log lines are written: as text, or as JSON objects with `LOG_FORMAT=json`.

Both mask e-mail addresses, which errors of a database or a library can quote, and tokens in
addresses, which let whoever reads them connect a tenant, choose a password or have a file.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.urls import Resolver404, resolve

ADDRESS = re.compile(r"[^\s@<>\"'(),;:=]+@[\w-]+(?:\.[\w-]+)+")
MASK = "***@***"
# Answers that say by their status what the log need not repeat at every probe.
PROBES = ("/healthz", "/readyz")
# Addresses with a token, wherever they are quoted and however odd what follows is.
TOKEN_ROUTES = re.compile(
    r"(/(?:link|hooks/+flatchr|attachments|welcome|password-reset|integration-by-token)/+)[^\s\"'<>\\]+",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    return ADDRESS.sub(MASK, without_tokens(text))


def without_tokens(text: str) -> str:
    return TOKEN_ROUTES.sub(r"\1[token]", text)


class MaskingFormatter(logging.Formatter):
    """Text, one line and what an exception adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time in UTC, level, logger, message, and the fields of an event."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if event := getattr(record, "event", None):
            entry["event"] = event
            entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return masked(json.dumps(entry, ensure_ascii=False, default=str))


class RouteNames(logging.Filter):
    """Puts the route's name in place of an address with a token: for the loggers of Django's that
    say which request was refused, so that whatever else listens to them is not told it either.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_named(one) for one in record.args)
        return True


def _named(value: Any) -> Any:
    """The value, or in place of an address with a token its route's name, if it has one."""
    if not isinstance(value, str) or not TOKEN_ROUTES.search(value):
        return value
    try:
        return resolve(value).url_name or without_tokens(value)
    except Resolver404:
        return without_tokens(value)


class NoProbes(logging.Filter):
    """Drops Django's line about each probe that was answered with 503."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return getattr(request, "path_info", None) not in PROBES
