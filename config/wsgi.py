"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.networks import is_loopback

Application = Callable[[dict[str, Any], Any], Any]

# The largest body that any address takes is a bulk upload of 205 MB.
MOST_DRAINED = 210 * 1024**2
PIECE = 256 * 1024
# Seconds for what nobody wants to come in, and for what somebody does: as much as at 64 kB/s, and a
# minute.
DRAINS_FOR = 10.0
ARRIVES_WITHIN = 60.0
SLOWEST = 64 * 1024


class TimedBody:
    """The body of a request, which has to come in within a time: past it no more of it is read, and
    the wait of this thread is over. Only the time counts in which somebody reads.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self._body = environ["wsgi.input"]
        self._socket: Any = environ.get("gunicorn.socket")
        length = environ.get("CONTENT_LENGTH") or ""
        known = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0
        self.seconds = ARRIVES_WITHIN + known / SLOWEST

    def read(self, *size: int) -> bytes:
        return self._timed(self._body.read, *size)

    def readline(self, *size: int) -> bytes:
        return self._timed(self._body.readline, *size)

    def _timed(self, read: Callable[..., bytes], *size: int) -> bytes:
        if self._socket is None:
            return read(*size)
        begun = time.monotonic()
        timer = threading.Timer(max(0.0, self.seconds), self._end)
        timer.daemon = True
        timer.start()
        try:
            return read(*size)
        finally:
            timer.cancel()
            self.seconds -= time.monotonic() - begun

    def _end(self) -> None:
        with suppress(OSError):
            # Whoever reads is at the end of it. The answer can still be written.
            self._socket.shutdown(socket.SHUT_RD)


def draining(site: Application) -> Application:
    """`site`, whose answer goes out after the request has come in whole.

    A refusal that is sent earlier closes the connection in the middle of an upload, and the
    client, or the proxy in its place, tells of a broken connection instead.
    """

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"] = TimedBody(environ)
        answer = site(environ, start_response)
        left = MOST_DRAINED
        body.seconds = min(body.seconds, DRAINS_FOR)
        if environ.get("relais.unwanted"):
            left, body.seconds = PIECE, 0.5
        # Whatever is wrong with a body that nobody wants, the answer stands.
        with suppress(Exception):
            while left > 0 and (piece := body.read(PIECE)):
                left -= len(piece)
        return answer

    return application


def below(path: str, site: Application) -> Application:
    """`site` as it is reached below `path`, which proxies pass on with the rest of the address.

    Addresses without it are answered too: probes come to the server itself.
    """

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        asked = environ["PATH_INFO"]
        if asked == path or asked.startswith(f"{path}/"):
            environ["PATH_INFO"] = asked[len(path) :] or "/"
        return site(environ, start_response)

    return application


def this_machine_only(site: Application) -> Application:
    """`site` for clients on this machine; nothing for others, whatever a server listens on."""

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        if is_loopback(environ.get("REMOTE_ADDR") or "localhost"):
            return site(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"DEBUG is on: Relais answers this machine alone.\n"]

    return application


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application: Application = draining(get_wsgi_application())
if settings.FORCE_SCRIPT_NAME:
    application = below(settings.FORCE_SCRIPT_NAME, application)
if settings.DEBUG:
    application = this_machine_only(application)
