"""A mail server on loopback that keeps what it is given, or refuses, or does not answer."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from typing import Self


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        if self.server.full:
            self._say("421 too many connections")
            return
        self._say("220 mail.example")
        while line := self.rfile.readline():
            word = line.decode().split()[0].upper() if line.split() else ""
            if word == "DATA":
                self._say("354 go on")
                self.server.take(self._message())
                self._say("250 kept")
            elif word == "RCPT" and self.server.refusing:
                self._say("550 nobody here")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 mail.example" if word in ("EHLO", "HELO") else "250 fine")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def _message(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)


class MailServer(socketserver.ThreadingTCPServer):
    """Runs while it is used as a context manager.

    `refusing`: it knows none of the recipients. `full`: it takes no connection.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.port = int(self.server_address[1])
        self.mails: list[EmailMessage] = []
        self.refusing = False
        self.full = False
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def take(self, data: bytes) -> None:
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
