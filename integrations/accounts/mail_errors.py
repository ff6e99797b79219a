"""Which errors of sending an e-mail are about that e-mail, and which about the mail server.

When the server itself is the trouble (dead, slow, or it does not take our password or our
address), every other e-mail would fail as well: each attempt costs a time-out, or counts as one
more log-in that failed.
"""

from __future__ import annotations

from smtplib import SMTPDataError, SMTPRecipientsRefused


def is_about_one(error: Exception) -> bool:
    """Whether only this e-mail, or its recipient, was refused."""
    return isinstance(error, SMTPRecipientsRefused | SMTPDataError)
