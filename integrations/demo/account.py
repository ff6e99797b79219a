"""The demo's administrator: made once, with a random password that its owner can read again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from config.secret_files import read_or_create

USERNAME = "admin"
CHANGED = (
    f"The password of `{USERNAME}` is not the one that the demo made; "
    f"`python manage.py changepassword {USERNAME}` sets a new one."
)


@dataclass(frozen=True, slots=True)
class Login:
    """`password` is None when somebody has changed it since. `new` says it was made just now."""

    username: str
    password: str | None
    new: bool = False


def _password_file() -> Path:
    return Path(settings.DATA_DIR) / "demo_password"


def ensure_admin() -> Login:
    """The demo's superuser; created when missing, left as it is otherwise. Idempotent."""
    users = get_user_model()._default_manager
    if users.filter(username=USERNAME).exists():
        return login()
    password = read_or_create(_password_file(), lambda: secrets.token_urlsafe(12))
    get_user_model().objects.create_superuser(USERNAME, password=password)
    return Login(USERNAME, password, new=True)


def login() -> Login:
    """The login as it is now; raises `DoesNotExist` before the first `make demo`."""
    user = get_user_model()._default_manager.get(username=USERNAME)
    try:
        password = _password_file().read_text().strip()
    except FileNotFoundError:
        return Login(USERNAME, None)
    return Login(USERNAME, password if user.check_password(password) else None)
