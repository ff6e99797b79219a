from __future__ import annotations

import pytest

from tests.deploy.sites import Site, new_site


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation of this version on SQLite with an administrator and a key: to copy, as
    making one takes long.
    """
    return new_site(tmp_path_factory.mktemp("made") / "data")
