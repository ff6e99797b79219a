"""The version of Relais, as the package, the command line and the dashboard say it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata


@cache
def version() -> str:
    """That of the checkout this file is in, else of the installed package."""
    # Not above: an `.env` that cannot be read is to be said by whoever reads settings.
    from config.environment import CHECKOUT

    if CHECKOUT is None:
        return metadata.version("relais")
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    return str(project["version"])
