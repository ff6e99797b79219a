"""Messages as plain JSON values, as rows keep them.

`{"code": "too_many_rows", "params": {"most": "500"}, "text": "The file has more than 500 rows."}`:
the English text is what is shown where the code is not known, as after going back to a version
that did not have it, and what a person sees who reads the table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.messages.message import Message, UnknownMessage

KEYS = {"code", "params", "text"}
# Begins a stored message. Text that begins so is stored as `{"text": …}`, which begins so too.
MARKS = ('{"code":', '{"text":')


def dump(value: Any) -> Any:
    """`value` with each message in it, however deep, as the object that stands for it."""
    if isinstance(value, Message):
        params = {name: dump(param) for name, param in value.params.items()}
        return {"code": value.code, "params": params, "text": value.english}
    if isinstance(value, Mapping):
        return {key: dump(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [dump(item) for item in value]
    return value


def load(value: Any) -> Any:
    """What `dump` was given; a message whose code or parameters are not known is its text."""
    if isinstance(value, dict):
        if value.keys() == KEYS and isinstance(value["params"], dict):
            params = {name: load(param) for name, param in value["params"].items()}
            try:
                return Message(value["code"], **params)
            except (UnknownMessage, TypeError):
                return str(value["text"])
        return {key: load(item) for key, item in value.items()}
    if isinstance(value, list):
        return [load(item) for item in value]
    return value


def dump_text(text: str) -> str:
    """A message, or text that is none, as a text column keeps it."""
    if isinstance(text, Message):
        return json.dumps(dump(text), ensure_ascii=False, separators=(",", ":"))
    if text.startswith(MARKS):
        return json.dumps({"text": text}, ensure_ascii=False, separators=(",", ":"))
    return text


def load_text(stored: str) -> str:
    """What `dump_text` was given."""
    if not stored.startswith(MARKS):
        return stored
    try:
        value = json.loads(stored)
    except ValueError:
        return stored
    loaded = load(value)
    if isinstance(loaded, dict):
        loaded = loaded.get("text", stored)
    return loaded if isinstance(loaded, str) else stored
