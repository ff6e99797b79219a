"""Encryption of stored credentials: Fernet tokens of `CREDENTIALS_KEYS`.

The first key encrypts, each of them decrypts. Keys are made when there is something to encrypt for
the first time: beside credentials that are stored already, new ones would open none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from integrations.encryption.secret_files import keys_in, keys_in_file, read_or_create


class CredentialsKeysMissing(ImproperlyConfigured):
    """There are credentials, and no keys: those that they were encrypted with must come back."""

    def __init__(self) -> None:
        super().__init__(
            "The database holds credentials, and there are no CREDENTIALS_KEYS: neither the "
            f"variable nor the file {settings.CREDENTIALS_KEYS_PATH}. Bring the earlier ones "
            "back. If they are lost, make a new one (docs/operations.md, Keys), set it as "
            "CREDENTIALS_KEYS and enter every API key of Flatchr again."
        )


def credentials_keys() -> list[str]:
    """The configured keys; none if there are none yet. Another process may have made them since
    this one started.
    """
    return list(settings.CREDENTIALS_KEYS) or keys_in_file(settings.CREDENTIALS_KEYS_PATH)


def encrypt(text: str, *, are_others_stored: Callable[[], bool]) -> str:
    """A token of the first key, which is made when it is the first thing ever encrypted.

    Raises `CredentialsKeysMissing` when there is no key although others are stored.
    """
    keys = credentials_keys()
    if not keys:
        if are_others_stored():
            raise CredentialsKeysMissing
        made = read_or_create(
            settings.CREDENTIALS_KEYS_PATH, lambda: Fernet.generate_key().decode()
        )
        keys = keys_in(made)
    return Fernet(keys[0]).encrypt(text.encode()).decode()


def decrypt(token: str) -> str | None:
    """The text; None when no key opens the token."""
    if not (keys := credentials_keys()):
        return None
    try:
        return _cipher(tuple(keys)).decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def is_newest(token: str) -> bool:
    """Whether the first key opens it: the others are not needed for it."""
    try:
        Fernet(credentials_keys()[0]).decrypt(token.encode())
    except (InvalidToken, IndexError):
        return False
    return True


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
