"""The image and the compose file, as far as they can be held without an engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.support.commands import ROOT, documented_names

FOLDER = ROOT / "deploy" / "container"
OURS = ("upgrade", "web", "worker", "scheduler")


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())


def test_every_process_of_ours_has_few_rights(compose: Any) -> None:
    for name in OURS:
        service = compose["services"][name]
        assert service["user"] == "10001:10001", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_whatever_goes_on_running_is_watched_and_started_again(compose: Any) -> None:
    for name, service in compose["services"].items():
        if name == "upgrade":
            continue
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name


def test_every_process_waits_for_the_upgrade(compose: Any) -> None:
    for name in set(OURS) - {"upgrade"}:
        waits = compose["services"][name]["depends_on"]
        assert waits["upgrade"] == {"condition": "service_completed_successfully"}, name


def test_every_variable_is_one_that_relais_reads(compose: Any) -> None:
    given = {name.removesuffix("_FILE") for name in compose["services"]["web"]["environment"]}

    assert given <= documented_names()


def test_the_image_copies_what_the_package_is_made_of_and_runs_as_nobody() -> None:
    text = (FOLDER / "Containerfile").read_text()
    copied = " ".join(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M)).split()

    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"requirements.txt", "pyproject.toml", "setup.py", "templates", "static"} <= set(copied)
    [user] = re.findall(r"^USER (\w+)$", text, re.M)
    assert user == "relais"


def test_no_secret_gets_into_an_image() -> None:
    left_out = (ROOT / ".containerignore").read_text().split()

    assert {".env", "var", ".git", "deploy/container/secrets"} <= set(left_out)
    assert (ROOT / ".dockerignore").read_text().split() == left_out
