"""The files below `DATA_DIR` that can hold personal data, and those that cannot. A test fails on a
place that is not listed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Files below `DATA_DIR`; `path` is the first part of their names there."""

    path: str
    holds: str
    period: str
    steps: tuple[str, ...] = ()
    on_erasure: str = ""


_LOCAL = "nothing of people"
FILES: tuple[FilePlace, ...] = (
    FilePlace("relais.sqlite3", "the database, with SQLite", "as its columns"),
    FilePlace(
        "relais.sqlite3-wal",
        "the database's last changes, and what was there before",
        "an hour, unless something reads for longer",
        ("write-ahead log",),
        "cut off",
    ),
    FilePlace("relais.sqlite3-shm", _LOCAL, ""),
    FilePlace(
        "submissions",
        "CVs sent and fetched, sheets and ZIPs of uploads",
        "CVs sent: `SUBMISSION_KEEP_DAYS` after the end; fetched ones: as long as their link; "
        "sheets and ZIPs: until their rows are queued",
        ("files of submissions", "uploads"),
        "removed",
    ),
    FilePlace(
        "exports",
        "files of records that were asked for",
        "`EXPORT_KEEP_DAYS`, 7 days by default",
        ("files of exports",),
        "files of the tenant that can hold the person are removed",
    ),
    FilePlace(
        "backups",
        "copies of the database made before an upgrade",
        "until you remove them; erase people again after restoring one",
    ),
    FilePlace("secret_key", _LOCAL, ""),
    FilePlace("credentials_keys", _LOCAL, ""),
    FilePlace("static", _LOCAL, ""),
    FilePlace("broker", "messages with ids of rows", "until they are taken"),
    FilePlace("beat", _LOCAL, ""),
    FilePlace("limits", _LOCAL, ""),
    FilePlace("metrics", _LOCAL, ""),
    FilePlace("upgrade.lock", _LOCAL, ""),
    FilePlace("demo_password", _LOCAL, ""),
    FilePlace("sandbox_base_date", _LOCAL, ""),
    FilePlace("sandbox.log", "invented people of the local Flatchr", "until you remove it"),
    FilePlace("connect.log", _LOCAL, ""),
)
