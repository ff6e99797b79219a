"""A request as the command that sends it through the HTTP API (`docs/unified-api.md §9`)."""

from __future__ import annotations

import shlex
from typing import Any

import orjson
from django.conf import settings

from integrations.models import Integration
from integrations.passthrough.request import Asked, File

KEY = "YOUR_API_KEY"
CONTENT = "BASE64_OF_THE_FILE"
_APIS = {"api": "api", "careers": "career"}


def curl(integration: Integration, asked: Asked) -> str:
    """The command, with placeholders for the key of the API and the content of a file."""
    url = f"{settings.PUBLIC_URL.rstrip('/')}/v1/passthrough/flatchr/{_APIS[asked.host]}"
    body = orjson.dumps(_body(asked), option=orjson.OPT_INDENT_2).decode()
    parts = [
        f"curl -X POST {shlex.quote(url)}",
        f"-H 'Authorization: Bearer {KEY}'",
        f"-H {shlex.quote(f'X-Integration-Id: {integration.pk}')}",
        "-H 'Content-Type: application/json'",
        f"--data {shlex.quote(body)}",
    ]
    return " \\\n  ".join(parts)


def _body(asked: Asked) -> dict[str, Any]:
    body: dict[str, Any] = {"method": asked.method, "path": asked.path}
    if asked.params:
        body["params"] = dict(asked.params)
    if asked.headers:
        body["headers"] = dict(asked.headers)
    if asked.data is not None:
        body["data"] = asked.data
    if asked.form:
        body["multipart_form_data"] = [
            {"name": name, "value": _file(value) if isinstance(value, File) else value}
            for name, value in asked.form
        ]
    return body


def _file(file: File) -> dict[str, str]:
    return {"name": file.name, "content_type": file.content_type, "data": CONTENT}
