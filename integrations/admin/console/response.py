"""How the console shows what Flatchr answered: measures, headers, JSON to be unfolded, a file."""

from __future__ import annotations

import base64
import json
import mimetypes
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from integrations.admin.base.badges import Tone
from integrations.admin.base.formatting import number
from integrations.flatchr.exchange_log import Masker
from integrations.passthrough.request import CheckedRequest
from integrations.passthrough.sending import PassthroughResult, explain

# The largest answer that the console reads: all of it goes into the page; bytes.
MAX_SHOWN = 10 * 1024**2
# Limits of what is drawn: values, depth, characters of each value.
MOST_VALUES = 2_000
DEEPEST = 30
LONGEST = 2_000
# Levels that are open at first.
UNFOLDED = 2
TEXT_SHOWN = 100_000
OPEN = SafeString(" open")


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer as the page shows it. `kind` is `json`, `text`, `file` or `empty`; `file` is a
    data address with all of it, secrets masked, and `name` what to call that.
    """

    url: str
    status: int
    tone: Tone
    words: str
    seconds: float
    size: int
    headers: list[tuple[str, str]]
    kind: str
    content: SafeString | str
    shortened: bool
    file: str
    name: str


def shown(call: CheckedRequest, answer: PassthroughResult) -> ShownAnswer:
    """The answer for the page, with the tenant's key masked."""
    relayed = answer.response
    headers = _headers(relayed.headers, answer.masker)
    content_type = dict(headers).get("content-type", "").partition(";")[0].strip()
    kind, content, shortened, whole = _content(relayed.body, answer.masker)
    return ShownAnswer(
        url=answer.masker.text(relayed.url),
        status=relayed.status,
        tone=tone_of(relayed.status),
        words=explain(call, relayed.status),
        seconds=answer.seconds,
        size=len(relayed.body),
        headers=headers,
        kind=kind,
        content=content,
        shortened=shortened,
        # Never under its own type: no browser may open what came back as a page.
        file=f"data:application/octet-stream;base64,{base64.b64encode(whole).decode()}",
        name=_name(call.path, content_type),
    )


def _content(body: bytes, masker: Masker) -> tuple[str, SafeString | str, bool, bytes]:
    if not body:
        return "empty", "", False, b""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "file", "", False, body
    if "\0" in text:
        return "file", "", False, body
    text = masker.text(text)
    try:
        tree = _Tree()
        return "json", tree.draw(json.loads(text)), tree.shortened, text.encode()
    except (ValueError, RecursionError):
        return "text", text[:TEXT_SHOWN], len(text) > TEXT_SHOWN, text.encode()


class _Tree:
    """JSON as nested lists that unfold without a script."""

    def __init__(self) -> None:
        self._left = MOST_VALUES
        self.shortened = False

    def draw(self, value: Any, depth: int = 0) -> SafeString:
        if isinstance(value, dict | list) and value:
            return self._branch(value, depth)
        return self._leaf(value)

    def _branch(self, value: dict[str, Any] | list[Any], depth: int) -> SafeString:
        many = isinstance(value, list)
        size = len(value)
        label = f"[ {size} ]" if many else f"{{ {size} }}"
        if depth >= DEEPEST:
            self.shortened = True
            return format_html('<span class="rl-json-more">{} …</span>', label)
        items = enumerate(value) if isinstance(value, list) else value.items()
        drawn: list[SafeString] = []
        for name, one in items:
            if self._left <= 0:
                self.shortened = True
                more = _("… %(count)s more") % {"count": number(size - len(drawn))}
                drawn.append(format_html('<li class="rl-json-more">{}</li>', more))
                break
            self._left -= 1
            drawn.append(
                format_html(
                    '<li><span class="{}">{}</span> {}</li>',
                    "rl-json-at" if many else "rl-json-name",
                    name,
                    self.draw(one, depth + 1),
                )
            )
        return format_html(
            '<details class="rl-json-branch"{}><summary>{}</summary><ul>{}</ul></details>',
            OPEN if depth < UNFOLDED else "",
            label,
            format_html_join("", "{}", ((one,) for one in drawn)),
        )

    def _leaf(self, value: Any) -> SafeString:
        kind = "text" if isinstance(value, str) else "other"
        text = json.dumps(value, ensure_ascii=False)
        if len(text) > LONGEST:
            self.shortened = True
            text = f"{text[:LONGEST]} …"
        return format_html('<code class="rl-json-{}">{}</code>', kind, text)


def _headers(given: dict[str, str | list[str]], masker: Masker) -> list[tuple[str, str]]:
    joined = {
        name: value if isinstance(value, str) else ", ".join(value) for name, value in given.items()
    }
    return sorted(masker.headers(joined).items())


def tone_of(status: int) -> Tone:
    if status >= 500:
        return Tone.DANGER
    return Tone.WARNING if status >= 300 else Tone.SUCCESS


def _name(path: str, content_type: str) -> str:
    last = path.partition("?")[0].rstrip("/").rpartition("/")[2] or "answer"
    stem = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in last)[:60]
    return f"{stem}{mimetypes.guess_extension(content_type) or '.bin'}"
