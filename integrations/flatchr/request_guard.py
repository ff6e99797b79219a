"""Checks of paths, headers and parameters of users, for a request that must stay on Flatchr's host.

Unsafe input is refused with a reason and never repaired: a repaired path may lead elsewhere than
its author, or a reader of the log, expects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from integrations.messages import Message

_LONGEST = 4_000
# Control characters, spaces, and what some servers read as a slash.
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
# The same within a path, encoded: line ends, NUL, slash, backslash.
_HIDDEN = re.compile(r"%(?:00|0a|0d|2f|5c)", re.IGNORECASE)
_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")

# Headers of credentials and of the connection, which the client sets itself.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "via",
        # Who asks, and for what, as some servers believe.
        "client-ip",
        "true-client-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-host",
        "x-real-ip",
        "x-remote-addr",
        "x-remote-ip",
        "x-remote-user",
    }
)
# The same, in all their spellings: with an overridden method a GET is taken for something else,
# with a rewritten address it leads elsewhere.
_RESERVED_PREFIXES = (
    *("x-forwarded", "proxy-", "sec-", "x-http-method", "x-method", "x-original-", "x-rewrite-"),
    *("x-override-", "x-envoy-", "x-accel-", "x-amz-", "cf-", "x-middleware-", "x-proxy-"),
)
# Flatchr takes a key in the query, too (`docs/flatchr-api.md §0.2`).
_CREDENTIALS = frozenset({"token", "api_key"})


class UnsafeRequest(ValueError):
    """The request could leave the host or use other credentials; the text says why."""


def checked_path(given: str) -> str:
    """`given`, a path with a query, with a leading slash. Raises `UnsafeRequest`."""
    if len(given) > _LONGEST:
        raise UnsafeRequest(Message("path_too_long"))
    if _UNSAFE.search(given):
        raise UnsafeRequest(Message("path_character_forbidden"))
    if "#" in given:
        raise UnsafeRequest(Message("path_with_fragment"))
    if given.startswith("//") or re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", given):
        raise UnsafeRequest(Message("path_with_host"))
    path, mark, query = given.partition("?")
    _check_path(path)
    _check_credentials(name for name, _ in parse_qsl(query, keep_blank_values=True))
    return f"/{path.removeprefix('/')}{mark}{query}"


def _check_path(path: str) -> None:
    if _ENCODED.search(path):
        raise UnsafeRequest(Message("path_percent_sign_alone"))
    decoded = path
    for _ in range(4):
        if _HIDDEN.search(decoded):
            raise UnsafeRequest(Message("path_encoded_slash"))
        plain = unquote(decoded, errors="replace")
        if plain == decoded:
            break
        decoded = plain
    else:
        raise UnsafeRequest(Message("path_encoded_twice"))
    if _UNSAFE.search(decoded.replace(" ", "")):
        raise UnsafeRequest(Message("path_encoded_control_character"))
    if not {".", ".."}.isdisjoint(decoded.split("/")):
        raise UnsafeRequest(Message("path_dot_segment"))
    if "//" in decoded:
        raise UnsafeRequest(Message("path_empty_segment"))


def checked_headers(given: Mapping[str, str]) -> dict[str, str]:
    """`given`, if users may set each of these headers. Raises `UnsafeRequest`."""
    for name, value in given.items():
        if not _TOKEN.fullmatch(name):
            raise UnsafeRequest(Message("header_name_invalid"))
        # Servers behind CGI take both for the same.
        spelled = name.lower().replace("_", "-").replace(".", "-")
        if spelled in _RESERVED or spelled.startswith(_RESERVED_PREFIXES):
            raise UnsafeRequest(Message("header_set_here", name=name.lower()))
        if not _VALUE.fullmatch(value):
            raise UnsafeRequest(Message("header_value_invalid", name=name.lower()))
    return dict(given)


def checked_params(given: Mapping[str, str]) -> dict[str, str]:
    """`given`, if none is a credential. Raises `UnsafeRequest`."""
    _check_credentials(given)
    return dict(given)


def is_below(base: str, url: str) -> bool:
    """Whether a request to `url`, as it would be sent, goes to the host of `base`, and under its
    path.
    """
    wanted, found = urlsplit(base), urlsplit(url)
    return (
        (found.scheme, found.netloc) == (wanted.scheme, wanted.netloc)
        and found.path.startswith(wanted.path)
        and {".", ".."}.isdisjoint(found.path.split("/"))
    )


def _check_credentials(names: Iterable[str]) -> None:
    for name in names:
        if name.lower() in _CREDENTIALS:
            raise UnsafeRequest(Message("parameter_signs_in", name=name))
