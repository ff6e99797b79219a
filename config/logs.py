"""How log lines are written: as text, or as JSON objects with `LOG_FORMAT=json`.

Both mask e-mail addresses, which errors of a database or a library can quote.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

ADDRESS = re.compile(r"[^\s@<>\"'(),;:=]+@[\w-]+(?:\.[\w-]+)+")
MASK = "***@***"
# Answers that say by their status what the log need not repeat at every probe.
PROBES = ("/healthz", "/readyz")


def masked(text: str) -> str:
    return ADDRESS.sub(MASK, text)


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


class NoProbes(logging.Filter):
    """Drops Django's line about each probe that was answered with 503."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return getattr(request, "path_info", None) not in PROBES
