"""The HTTP server: reads requests, calls their handlers, sends responses, with faults applied."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from integrations.sandbox import faults as misbehaviour
from integrations.sandbox.faults import Fault
from integrations.sandbox.http import ErrorAnswer, Request, Response, in_chunks, not_found
from integrations.sandbox.routing import check_access, find
from integrations.sandbox.world import World

LARGEST_BODY = 64 * 1024 * 1024


def answer(world: World, request: Request) -> Response:
    """The answer that Flatchr would give."""
    found = find(request.method, request.path)
    try:
        if found is None:
            raise not_found("Route")
        route, encoded = found
        request.params = {name: unquote(value) for name, value in encoded.items()}
        check_access(world, request, route.access)
        with world.lock:
            result = route.handler(world, request)
        return result if isinstance(result, Response) else Response.json(result)
    except ErrorAnswer as problem:
        return Response.json(problem.body, problem.status, problem.headers)
    except Exception:
        # A bug of the sandbox: print it here, answer as the real server would.
        traceback.print_exc()
        broken = ErrorAnswer(500, "An internal server error occurred")
        return Response.json(broken.body, broken.status)


class SandboxRequestHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sandbox", ""
    disable_nagle_algorithm = True
    wbufsize = 65_536
    server: SandboxServer

    def handle_any(self) -> None:
        """Answer one request of any method."""
        request = self._read()
        if request is None:
            return
        world = self.server.world
        control = request.path.startswith("/_sandbox/")
        fault = None if control else world.faults.due(request)
        if fault and fault.reset:
            self._log(request, 0)
            self._reset()
            return
        if fault:
            response = misbehaviour.apply(fault, lambda: answer(world, request), world.stopping)
        else:
            response = answer(world, request)
        if not control:
            self._log(request, response.status)
        # The client may have closed the connection.
        with contextlib.suppress(ConnectionError, ValueError):
            self._send(response, fault)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - names of the base

    def _read(self) -> Request | None:
        if self.headers["Transfer-Encoding"]:
            self.send_error(411)
            return None
        length = self.headers["Content-Length"] or "0"
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.send_error(413 if length.isdigit() else 400)
            return None
        body = self.rfile.read(int(length))
        parts = urlsplit(self.path)
        # Clients whose base URL ends in a slash send two of them. §0.1
        path = re.sub(r"/{2,}", "/", parts.path).rstrip("/") or "/"
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(self.command, path, query, self.headers, body, self.client_address[0])

    def _log(self, request: Request, status: int) -> None:
        found = find(request.method, request.path)
        self.server.world.requests.record(request, found[0].template if found else "", status)

    def _send(self, response: Response, fault: Fault | None) -> None:
        whole = response.body if isinstance(response.body, bytes) else None
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if whole is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(whole)))
        if fault and fault.cut is not None:
            self._cut(response, fault.cut)
            return
        self.end_headers()
        if whole is not None:
            self.wfile.write(whole)
        else:
            self._stream(response)
        self.wfile.flush()

    def _stream(self, response: Response) -> None:
        pieces = [response.body] if isinstance(response.body, bytes) else response.body
        for chunk in in_chunks(pieces):
            if self.server.world.stopping.is_set():
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _cut(self, response: Response, size: int) -> None:
        """Send only the first bytes of the body, or nothing at all when none are to be sent."""
        self.close_connection = True
        if size == 0:
            self._headers_buffer: list[bytes] = []
            return
        self.end_headers()
        pieces = [response.body] if isinstance(response.body, bytes) else response.body
        left = size
        for piece in in_chunks(pieces):
            part = piece[:left]
            if isinstance(response.body, bytes):
                self.wfile.write(part)
            else:
                self.wfile.write(b"%x\r\n%b" % (len(piece), part))
                if len(part) == len(piece):
                    self.wfile.write(b"\r\n")
            left -= len(part)
            if left <= 0:
                break
        self.wfile.flush()

    def _reset(self) -> None:
        """Close at once, with RST in place of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def finish(self) -> None:
        """End the connection; after a reset there is nothing left to flush."""
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Print the request if verbose, its key masked."""
        if self.server.verbose:
            super().log_message("%s", re.sub(r"(token|api_key)=[^&\s]+", r"\1=***", format % args))


class SandboxServer(ThreadingHTTPServer):
    """A server with daemon threads, which can close its connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        self.world, self.verbose = world, False
        self._connections: set[socket.socket] = set()
        super().__init__(address, SandboxRequestHandler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_bind(self) -> None:
        """As the base, without its look-up of the host's full name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the error, unless the client just closed the connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """End every connection, idle ones too."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
