"""Relais' command line, as `manage.py` of a checkout and as `relais` of an installed package."""

from __future__ import annotations

import os
import sys
from pwd import getpwuid
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command of `sys.argv`; settings that are wrong end it in words with exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # What is written is its owner's alone: exports and backups outside of DATA_DIR, too.
    os.umask(0o077)
    try:
        if sys.argv[1:] in (["--version"], ["version"]):
            sys.stdout.write(about())
            return
        refuse_foreign_root()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Relais cannot start. {error}")


def about() -> str:
    """The version, and where this installation keeps its settings and its data.

    Settings are not loaded, since that makes secrets and folders which are not there yet.
    """
    from config.environment import DATA_DIR, HOME, env
    from config.version import version

    url = env.str("DATABASE_URL", default="")
    parts = urlsplit(url)
    # Without the login.
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return (
        f"Relais {version()}\n"
        f"settings: {HOME / '.env'}\n"
        f"data: {DATA_DIR}\n"
        f"database: {server if url else DATA_DIR / 'relais.sqlite3'}\n"
    )


def refuse_foreign_root() -> None:
    """End in words when root would leave files in the folder of another user, who then could not
    read them; in a checkout, people know whose it is.
    """
    from config.environment import CHECKOUT, HOME

    owner = HOME.stat().st_uid if CHECKOUT is None and HOME.exists() else 0
    if owner and os.geteuid() == 0:
        try:
            name = getpwuid(owner).pw_name
        except KeyError:
            name = f"'#{owner}'"
        command = " ".join(sys.argv)
        sys.exit(f"{HOME} belongs to {name}. Run: runuser -u {name} -- {command}")


if __name__ == "__main__":
    main()
