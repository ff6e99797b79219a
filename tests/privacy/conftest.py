from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Files of a test are that test's alone; our own limit on requests is no subject here."""
    settings.DATA_DIR = tmp_path
    settings.FLATCHR_BURST = settings.FLATCHR_RATE = 100_000
    return tmp_path
