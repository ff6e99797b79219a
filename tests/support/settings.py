"""The settings that tests run under: Relais' own, with nothing taken from the developer's machine.

`TEST_DATABASE_URL` chooses the database; without it, it is a SQLite file that goes with the run.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "RELAIS_TEST_DIR" not in os.environ:
    os.environ["RELAIS_TEST_DIR"] = tempfile.mkdtemp(prefix="relais-tests-")
    atexit.register(shutil.rmtree, os.environ["RELAIS_TEST_DIR"], ignore_errors=True)
TEST_DIR = Path(os.environ["RELAIS_TEST_DIR"])

os.environ.update(
    ALLOWED_HOSTS="127.0.0.1,localhost,[::1],testserver",
    CELERY_BROKER_URL="memory://",
    CREDENTIALS_KEYS="tbzEmN4KFQYY1vcYhhNTk7Pk3Du4oVYpgMMVTSlYgeU=",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{TEST_DIR}/relais.sqlite3",
    DATA_DIR=str(TEST_DIR),
    DEBUG="off",
    FLATCHR_SANDBOX_URL="http://127.0.0.1:9",
    LOG_LEVEL="INFO",
    PUBLIC_URL="http://127.0.0.1:8000",
    SECRET_KEY="a key for tests, of no value and long enough to please every check",
    TIME_ZONE="Europe/Paris",
)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: threads, the live server and worker processes all open it.
    DATABASES["default"]["TEST"] = {"NAME": str(TEST_DIR / "test.sqlite3")}
else:
    if migrated := os.environ.get("TEST_MIGRATED_POSTGRESQL"):
        DATABASES["default"]["TEST"] = {"TEMPLATE": migrated}
    # A connection that is kept would hold the test database when it is to be dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0

# The manifest needs `collectstatic` first; `tests/test_settings.py` runs that for real.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
(TEST_DIR / "static").mkdir(exist_ok=True)

# The cast logs in at nearly every test; a slow hash would be most of the suite's time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
