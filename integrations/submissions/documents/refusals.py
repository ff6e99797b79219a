"""Why a file is not taken."""

from __future__ import annotations

from integrations.messages import Message


class DocumentRefused(Exception):
    """The file is not taken. `code` is that of a message `document_<code>`; `message` is for the
    user, and says what to do.
    """

    def __init__(self, code: str, **params: str) -> None:
        self.code = code
        self.message = Message(f"document_{code}", **params)
        super().__init__(self.message)
