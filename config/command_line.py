"""Relais' command line, as `manage.py` of a checkout and as `relais` of an installed package."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config.version import version


def main() -> None:
    """Run the command of `sys.argv`; settings that are wrong end it in words with exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if sys.argv[1:] in (["--version"], ["version"]):
            sys.stdout.write(about())
            return
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Relais cannot start. {error}")


def about() -> str:
    """The version, and where this installation keeps its settings and its data."""
    from django.conf import settings

    from config.environment import HOME

    database = settings.DATABASES["default"]
    server = f"PostgreSQL on {database['HOST'] or 'this machine'}, "
    return (
        f"Relais {version()}\n"
        f"settings: {HOME / '.env'}\n"
        f"data: {settings.DATA_DIR}\n"
        f"database: {'' if 'sqlite3' in database['ENGINE'] else server}{database['NAME']}\n"
    )


if __name__ == "__main__":
    main()
