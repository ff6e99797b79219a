"""The guarded outbound requests to addresses that users name; never into our own network (SSRF).

A host is looked up once, every address of it is checked, and the connection goes to one that was
checked, so that a second look-up cannot lead elsewhere (DNS rebinding); TLS still verifies the
host's name. Redirects are checked the same way. No proxies, cookies or credentials. Ports 80 and
443 only, except in networks that are allowed by configuration: other ports belong to services that
are not meant for the public.

What is fetched is private: addresses are not logged, and messages name the host only.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError
from urllib3.exceptions import TimeoutError as SlowError
from urllib3.response import BaseHTTPResponse

from integrations.egress_targets import (
    PORTS,
    EgressError,
    Target,
    is_literal,
    is_public,
    plain,
)

__all__ = ["EgressError", "FetchedFile", "PostAnswer", "check", "fetch", "post", "resolve"]

Resolver = Callable[[str, int], Sequence[str]]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_ADDRESSES = 4  # of one host, that are tried
_CHUNK = 64 * 1024
_LONGEST_PAUSE = 15.0  # seconds without a byte
_BODY_WAIT = 2.0  # seconds for the body of an answer whose status is known
_LOOK_UP = 3.0  # seconds to find out whether an address may be entered
# How zlib is told to unpack (window bits): 47 finds out by itself.
_ENCODINGS = {"": 0, "identity": 0, "gzip": 47, "x-gzip": 47, "deflate": 47}
_HEADERS = {
    # Some hosts refuse bare clients; this form passes and still names us.
    "User-Agent": "Mozilla/5.0 (compatible; Relais)",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
_EXTENDED_NAME = re.compile(r"filename\*\s*=\s*([\w-]*)'[^']*'([^;\s]+)", re.IGNORECASE)
_NAME = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^";\s][^;\s]*))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A fetched file: `content` decompressed, `content_type` in lower case without parameters.

    `name` is the file's name as its host gives it, else the end of the path; it may be empty and
    is untrusted. `url` is the last address, after redirects.
    """

    content: bytes
    content_type: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """The answer to what was posted; of the body only its beginning, which is untrusted."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which the system prefers them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def fetch(
    url: str,
    *,
    max_bytes: int,
    deadline: float,
    allowed_networks: Sequence[str] = (),
    max_redirects: int = 3,
    resolver: Resolver = resolve,
) -> FetchedFile:
    """Fetch the file at `url`, of at most `max_bytes`, within `deadline` seconds in all.

    `allowed_networks` (CIDR) are allowed although they are not public. Raises EgressError.
    """
    call = _Fetch(max_bytes, time.monotonic() + deadline, allowed_networks, resolver)
    for _ in range(max_redirects + 1):
        target = Target.of(url)
        with _answer(target, call) as answer:
            location = answer.headers.get("Location", "")
            if answer.status not in _REDIRECTS or not location:
                return _fetched(answer, target, call)
            url = target.joined(location)
    raise EgressError("redirects", host=target.host)


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    deadline: float,
    most_read: int,
    allowed_networks: Sequence[str] = (),
    resolver: Resolver = resolve,
) -> PostAnswer:
    """Post `body` to `url`, and return the answer if its headers come within `deadline` seconds.

    A redirect is an answer and is not followed. Of the answer's body at most `most_read` bytes are
    read, as far as they come soon. `allowed_networks` as with `fetch`. Raises EgressError.
    """
    call = _Fetch(most_read, time.monotonic() + deadline, allowed_networks, resolver)
    target = Target.of(url)
    with _answer(target, call, "POST", body, headers) as answer:
        received = b""
        # What counts is known by now, so an answer that breaks off here is one all the same.
        with contextlib.suppress(HTTPError, OSError, HTTPException, ValueError):
            end = time.monotonic() + _BODY_WAIT
            while len(received) < most_read and time.monotonic() < end:
                piece = answer.read1(most_read - len(received))
                if not piece:
                    break
                received += piece
        return PostAnswer(answer.status, dict(answer.headers.items()), received[:most_read])


def check(url: str, *, allowed_networks: Sequence[str] = (), resolver: Resolver = resolve) -> None:
    """Raise EgressError for an address to which `post` would refuse to go.

    A host that cannot be looked up at the moment is no reason.
    """
    call = _Fetch(0, time.monotonic() + _LOOK_UP, allowed_networks, resolver)
    try:
        call.addresses(Target.of(url))
    except EgressError as error:
        if error.code not in ("unknown_host", "timeout"):
            raise


class _Fetch:
    """One fetch through all of its redirects: its limits, and the check of its addresses."""

    def __init__(
        self, max_bytes: int, end: float, allowed_networks: Sequence[str], resolver: Resolver
    ) -> None:
        self.max_bytes = max_bytes
        self._end = end
        self._networks = [ip_network(network) for network in allowed_networks]
        self._resolver = resolver

    def left(self, target: Target) -> float:
        """Seconds that are left; raises when there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise EgressError("timeout", host=target.host)
        return seconds

    def addresses(self, target: Target) -> list[str]:
        """The addresses of the target's host, every one of them checked."""
        found = self._looked_up(target)
        for text in found:
            address = plain(ip_address(text.partition("%")[0]))
            if any(address in network for network in self._networks):
                continue
            if not is_public(address):
                raise EgressError("private_address", host=target.host)
            if target.port not in PORTS.values():
                raise EgressError("port", port=target.port, host=target.host)
        return found[:_MOST_ADDRESSES]

    def _looked_up(self, target: Target) -> list[str]:
        """Resolve on a thread of its own, because the resolver has no deadline."""
        if self._resolver is resolve and is_literal(target.host):
            return [target.host]
        found: list[str] = []

        def ask() -> None:
            # A host that cannot be looked up, for whatever reason, has no addresses.
            with contextlib.suppress(OSError, ValueError):
                found.extend(self._resolver(target.host, target.port))

        thread = threading.Thread(target=ask, name="egress-resolve", daemon=True)
        thread.start()
        thread.join(self.left(target))
        if thread.is_alive():
            raise EgressError("timeout", host=target.host)
        if not found:
            raise EgressError("unknown_host", host=target.host)
        return found


class _Watchdog:
    """Closes a connection at the deadline, even while its host keeps sending slowly."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _expire(self) -> None:
        # The socket's own method: that of a TLS socket is not for another thread to call.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


@contextlib.contextmanager
def _answer(
    target: Target,
    call: _Fetch,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] = _HEADERS,
) -> Iterator[BaseHTTPResponse]:
    """Status and headers; the body is read within the context, under the same watchdog."""
    connection = _connected(target, call)
    sock = connection.sock
    with contextlib.closing(connection), _Watchdog(sock, call.left(target)):
        if body is not None:
            # Whoever is told something may think about it until the deadline.
            connection.timeout = call.left(target)
        try:
            connection.request(
                method,
                target.path,
                body=body,
                headers={**headers, "Host": target.host_header},
                preload_content=False,
                decode_content=False,
            )
            # It holds the socket by itself when the host ends the connection after it.
            with contextlib.closing(connection.getresponse()) as answer:
                if body is not None:
                    # What counts is known by now.
                    sock.settimeout(_BODY_WAIT)
                yield answer
        except (SlowError, TimeoutError) as error:
            raise EgressError("timeout", host=target.host) from error
        except (HTTPError, OSError) as error:
            call.left(target)
            raise EgressError("cut_short", host=target.host) from error
        except (HTTPException, ValueError, zlib.error) as error:
            call.left(target)
            raise EgressError("not_understood", host=target.host) from error


def _connected(target: Target, call: _Fetch) -> HTTPConnection:
    """A connection to the first address that accepts one."""
    for address in call.addresses(target):
        connection = _connection(target, address, call.left(target))
        try:
            connection.connect()
        except (HTTPError, OSError) as error:
            connection.close()
            call.left(target)
            if isinstance(error, SSLError | ssl.SSLError):
                raise EgressError("tls", host=target.host) from error
        else:
            return connection
    raise EgressError("unreachable", host=target.host)


def _connection(target: Target, address: str, seconds: float) -> HTTPConnection:
    # Connecting and the TLS handshake each may take this long.
    timeout = min(seconds / 2, _LONGEST_PAUSE)
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=timeout)
    # As requests does: a company's own authorities come from the environment.
    authorities = os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
    return HTTPSConnection(
        address,
        target.port,
        timeout=timeout,
        server_hostname=target.host,
        ssl_context=_tls(authorities, Path(authorities).stat().st_mtime_ns),
    )


@lru_cache(maxsize=4)
def _tls(authorities: str, changed_at: int) -> ssl.SSLContext:  # noqa: ARG001 - read again then
    """Reading the authorities takes longer than all the rest of a request."""
    return ssl.create_default_context(cafile=authorities)


def _fetched(answer: BaseHTTPResponse, target: Target, call: _Fetch) -> FetchedFile:
    if answer.status != 200:
        raise EgressError("status", host=target.host, status=answer.status)
    content = bytearray()
    for piece in _body(answer, target, call):
        content += piece
        if len(content) > call.max_bytes:
            raise _too_large(target, call)
    return FetchedFile(
        content=bytes(content),
        content_type=answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        name=_file_name(answer.headers.get("Content-Disposition", ""), target.path),
        url=target.url,
    )


def _body(answer: BaseHTTPResponse, target: Target, call: _Fetch) -> Iterator[bytes]:
    """The body, decompressed, in small pieces as the consumer takes them."""
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > call.max_bytes:
        raise _too_large(target, call)
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in _ENCODINGS:
        raise EgressError("not_understood", host=target.host)
    unpacking = _ENCODINGS[encoding]
    stream = zlib.decompressobj(unpacking) if unpacking else None
    received = 0
    while chunk := answer.read(_CHUNK, decode_content=False):
        call.left(target)
        received += len(chunk)
        if received > call.max_bytes:
            raise _too_large(target, call)
        while chunk and stream:
            yield stream.decompress(chunk, _CHUNK)
            chunk = stream.unconsumed_tail
        yield chunk
    call.left(target)  # the watchdog ends a body without a length just as its host does
    if stream:
        yield stream.flush(_CHUNK)
        if not stream.eof:
            raise EgressError("cut_short", host=target.host)


def _too_large(target: Target, call: _Fetch) -> EgressError:
    return EgressError("too_large", host=target.host, limit=f"{call.max_bytes / 1024**2:.3g} MB")


def _file_name(disposition: str, path: str) -> str:
    """The file's name without folders (RFC 6266 §4.3), else the last part of the path."""
    given = disposition[:1_000]
    if found := _EXTENDED_NAME.search(given):
        charset = found[1].lower()
        name = unquote(found[2], "utf-8" if charset == "utf-8" else "latin-1", "replace")
    elif found := _NAME.search(given):
        name = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
        name = name.encode("latin-1", "replace").decode("utf-8", "replace")
    else:
        name = unquote(path.partition("?")[0].rpartition("/")[2], errors="replace")
    return re.split(r"[/\\]", name)[-1].strip()
