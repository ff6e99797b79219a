"""A host on loopback that hands out files, or does not, exactly as a test says."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# A reply is bytes to send, or something that does the sending until the event is set.
Reply = bytes | Callable[[socket.socket, threading.Event], None]


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {to}", status=status)


class FileHost:
    """Answers each path with its reply and keeps the requests as text."""

    def __init__(self, replies: dict[str, Reply], certificate: Path | None = None) -> None:
        self.requests: list[str] = []
        self._replies = replies
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            sock.settimeout(
                30
            )  # a client that neither reads nor leaves fails its test, not the run
            if self._tls:
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))
            head = b""
            while b"\r\n\r\n" not in head:
                received = sock.recv(65_536)
                if not received:
                    return
                head += received
            self.requests.append(head.decode("latin-1"))
            reply = self._replies[head.split(b" ")[1].decode().partition("?")[0]]
            if isinstance(reply, bytes):
                sock.sendall(reply)
            else:
                reply(sock, self._stopping)


def certificate_for(host: str, folder: Path) -> Path:
    """A file with a key and a certificate that signs itself: both for a host and to trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / f"{host}.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def repeating(piece: bytes, *, first: bytes, pause: float = 0.0) -> Reply:
    """Sends `first`, then `piece` again and again, until the client or the test has enough."""

    def send(sock: socket.socket, stopping: threading.Event) -> None:
        sock.sendall(first)
        while not stopping.wait(pause):
            sock.sendall(piece)

    return send


def addresses(**hosts: list[str]) -> Callable[[str, int], list[str]]:
    """A resolver that knows these hosts below `.example`, and no others."""

    def resolve(host: str, port: int) -> list[str]:
        try:
            return hosts[host.removesuffix(".example")]
        except KeyError:
            raise socket.gaierror(host) from None

    return resolve


def lines(request: str) -> Iterator[str]:
    """The lines of a request's head."""
    yield from request.split("\r\n\r\n")[0].split("\r\n")
