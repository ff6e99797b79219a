"""How an answer goes out: under an `ETag` that a later read may name, and compressed.

What is read again and has not changed is not sent again (304), though it is read: the tag is a
digest of the answer itself, so it holds for every list, filter and cursor, and needs no version of
its own.
"""

from __future__ import annotations

import re
import zlib
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

# Below, what is saved is less than the head of the answer.
SMALLEST = 1024
# A page of 100 candidates: a seventh of its size in half a millisecond. Level 6 takes twice as
# long for a tenth less.
LEVEL = 1
_GZIP = zlib.MAX_WBITS | 16  # with the head and the end of a gzip file

_CODING = re.compile(r"\s*(?P<name>[\w*-]+)\s*(?:;\s*q\s*=\s*(?P<weight>[01](?:\.\d{0,3})?)\s*)?")


def represented(request: Any, answer: HttpResponse, *, compress: bool) -> HttpResponse:
    """`answer` as the request asks for it.

    `compress`: it holds records and nothing secret. The size of what is compressed tells of what is
    in it (BREACH), so answers with secrets, such as links and those of webhooks, never are.
    """
    if answer.status_code != 200:
        return answer
    if request.method in ("GET", "HEAD"):
        # Weak: the same answer has it, compressed or not.
        etag = f'W/"{sha256(answer.content).hexdigest()[:32]}"'
        answer.headers["ETag"] = etag
        if _is_known(request, etag):
            answer.status_code, answer.content = 304, b""
            del answer.headers["Content-Type"]
    if compress:
        patch_vary_headers(answer, ["Accept-Encoding"])
        if len(answer.content) >= SMALLEST and takes_gzip(request):
            packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
            answer.content = packer.compress(answer.content) + packer.flush()
            answer.headers["Content-Encoding"] = "gzip"
    return answer


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    # Proxies that compress, or unpack, make a weak tag of a strong one.
    return "*" in known or etag.removeprefix("W/") in {one.removeprefix("W/") for one in known}


def without_body(answer: HttpResponse) -> HttpResponse:
    """The answer to HEAD: what GET is answered with, down to its length, and no body."""
    if answer.status_code != 304:
        answer.headers["Content-Length"] = str(len(answer.content))
    answer.content = b""
    return answer


def takes_gzip(request: HttpRequest) -> bool:
    """Whether `Accept-Encoding` names gzip, or everything, and does not refuse it (RFC 9110,
    12.5.3).
    """
    weights: dict[str, float] = {}
    for part in request.headers.get("Accept-Encoding", "").split(","):
        found = _CODING.fullmatch(part)
        if found:
            weights[found["name"].lower()] = float(found["weight"] or 1)
    return weights.get("gzip", weights.get("*", 0.0)) > 0
