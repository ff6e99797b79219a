"""CVs as the dashboard's viewer can draw them: PDF, pictures and plain text as they are; Word,
OpenDocument and RTF as PDF where LibreOffice is installed.

LibreOffice gets files only that `submissions/documents/` takes: no macros, nothing that is loaded
from elsewhere. It works in a folder of its own that is removed afterwards, without a way to any
host, and is stopped after `SECONDS`. The folder of a process that is killed
is removed before the next conversion.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from django.conf import settings

from integrations.actions.cv_files import FetchedCv
from integrations.submissions import documents

logger = logging.getLogger(__name__)

SECONDS = 30
PREFIX = "relais-cv-"
# Nobody works in a folder that is so old, in seconds.
ABANDONED = 600
# More at a time would take the memory that pages and syncs need.
AT_ONCE = threading.BoundedSemaphore(2)
MAX_BYTES = 30 * 1024**2
DRAWN = {"application/pdf", "image/png", "image/jpeg", "text/plain"}
# Kinds of `submissions/documents/`.
CONVERTED = {"DOC", "DOCX", "ODT", "RTF"}
# No macros, no linked content, and a proxy where nobody listens for whatever would be asked of a
# host.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop><prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop><prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop><prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop><prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop></item>
</oor:items>
"""  # noqa: E501


def as_shown(file: FetchedCv) -> FetchedCv | None:
    """The file as the viewer draws it; None if it cannot be drawn, and is to be downloaded."""
    if file.content_type in DRAWN:
        return file
    if not settings.OFFICE_PROGRAM or Path(file.name).suffix[1:].upper() not in CONVERTED:
        return None
    try:
        document = documents.inspect(file.name, file.content, max_bytes=MAX_BYTES)
    except documents.DocumentRefused:
        return None
    if document.kind not in CONVERTED or not AT_ONCE.acquire(timeout=SECONDS):
        return None
    try:
        content = _converted(file.content, document.kind.lower())
    finally:
        AT_ONCE.release()
    if content is None:
        return None
    return FetchedCv(f"{Path(file.name).stem}.pdf", "application/pdf", content)


def _converted(content: bytes, kind: str) -> bytes | None:
    """The PDF that LibreOffice makes of a file of that extension; None if it makes none."""
    _remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        profile = folder / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_SETTINGS)
        (folder / f"cv.{kind}").write_bytes(content)
        command = [
            settings.OFFICE_PROGRAM,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
            *("--convert-to", "pdf", "--outdir", name, f"cv.{kind}"),
        ]
        _run(command, folder)
        made = folder / "cv.pdf"
        if made.is_file() and 0 < made.stat().st_size <= MAX_BYTES:
            return made.read_bytes()
    logger.warning("A CV of kind %s could not be converted", kind)
    return None


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            old = time.time() - folder.stat().st_mtime > ABANDONED
        except OSError:
            continue
        if old:
            shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path) -> None:
    """Run it with nothing of our environment but where programs are; killed with its children
    after `SECONDS`.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - the program of the settings, no shell
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        logger.warning("%s could not be started: %s", command[0], error)
        return
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
