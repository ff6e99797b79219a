"""An nginx for the tests of its example: the one of this machine, or Debian's package."""

from __future__ import annotations

import os
import shutil

from tests.support.provided import install_debian_package


def program(*, install: bool = False) -> str | None:
    """Where it is, also for users without the folder of system programs on their path."""
    places = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"
    found = shutil.which("nginx", path=places)
    if found is None and install and install_debian_package("nginx-light"):
        found = shutil.which("nginx", path=places)
    return found
