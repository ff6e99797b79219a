"""`connect_flatchr` as a script uses it: exit codes, what is saved, and no key in sight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from integrations.models import FlatchrCredentials, FlatchrSettings, Integration
from integrations.sandbox import Sandbox
from tests.sync.running import sync
from tests.sync.terminal import Terminal, command_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def arguments(sandbox: Sandbox, **changed: str) -> list[str]:
    given = {
        "organization": "Atelier Nord",
        "company-key": sandbox.company_key,
        "slug": sandbox.slug,
        "environment": "sandbox",
        **changed,
    }
    return ["connect_flatchr", *(f"--{name}={value}" for name, value in given.items())]


@pytest.fixture(autouse=True)
def endpoints(sandbox: Sandbox, settings: Any) -> None:
    settings.FLATCHR_ENDPOINTS = {
        **settings.FLATCHR_ENDPOINTS,
        "sandbox": {"api_url": sandbox.url, "careers_url": sandbox.url},
    }


def test_a_tenant_is_connected_with_the_key_from_the_environment(sandbox: Sandbox) -> None:
    done = command_line(
        *arguments(sandbox),
        "--json",
        "--origin-id=crm-7",
        "--contact-email=rh@nord.example",
        "--offerer-id=12",
        "--source-id=34",
        "--user-key=u1",
        FLATCHR_API_KEY=sandbox.api_key,
    )

    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    report = json.loads(line)
    tenant = Integration.objects.get()
    assert report == {
        "integration": tenant.pk,
        "organization": "Atelier Nord",
        "environment": "sandbox",
        "checks": report["checks"],
    }
    assert [(check["name"], check["ok"]) for check in report["checks"]] == [
        ("key", True),
        ("company", True),
        ("slug", True),
    ]
    credentials, chosen = FlatchrCredentials.objects.get(), FlatchrSettings.objects.get()
    assert (credentials.api_key, credentials.company_key, credentials.slug) == (
        sandbox.api_key,
        sandbox.company_key,
        sandbox.slug,
    )
    assert credentials.checked_at is not None
    assert (tenant.origin_id, tenant.contact_email) == ("crm-7", "rh@nord.example")
    assert (chosen.offerer_id, chosen.source_id, chosen.user_key) == (12, "34", "u1")
    assert tenant.next_full_at is not None
    assert sandbox.api_key not in done.stdout + done.stderr


def test_a_tenant_is_connected_with_the_key_from_standard_input_and_can_be_synchronised(
    terminal: Terminal, sandbox: Sandbox
) -> None:
    done = terminal.run(*arguments(sandbox), stdin=f"{sandbox.api_key}\n")

    assert done.returncode == 0, done.stderr
    tenant = Integration.objects.get()
    assert done.stdout.splitlines() == [f"Connected Atelier Nord as {tenant.pk}"]
    assert sync(tenant).state == "SUCCEEDED"


@pytest.mark.parametrize(
    ("changed", "key", "wrong"),
    [
        ({}, "not-a-key", "key"),
        ({"company-key": "OtherCompany00"}, None, "company"),
        ({"slug": "nobodyhere"}, None, "slug"),
    ],
)
def test_a_wrong_input_saves_nothing_and_is_named(
    changed: dict[str, str], key: str | None, wrong: str,
    sandbox: Sandbox,
) -> None:  # fmt: skip
    done = command_line(
        *arguments(sandbox, **changed), "--json", FLATCHR_API_KEY=key or sandbox.api_key
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines() if ": NO " in line] == [
        wrong
    ]
    assert "Nothing was saved." in done.stderr
    assert not Integration.objects.exists()
    assert not FlatchrCredentials.objects.exists()


def test_a_flatchr_that_is_down_saves_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATCHR_API_KEY", sandbox.api_key)
    sandbox.stop()

    with pytest.raises(CommandError) as refused:
        call_command(*arguments(sandbox))

    assert refused.value.returncode == 1
    assert not Integration.objects.exists()


def test_without_a_check_anything_is_saved_and_nobody_is_asked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATCHR_API_KEY", "not-a-key")

    call_command(*arguments(sandbox), "--no-check")

    assert FlatchrCredentials.objects.get().checked_at is None
    assert len(sandbox.requests) == 0


def test_the_key_has_no_argument(sandbox: Sandbox) -> None:
    done = command_line(*arguments(sandbox), f"--api-key={sandbox.api_key}")

    assert done.returncode == 2
    assert "--api-key" not in command_line("connect_flatchr", "--help").stdout
    assert not Integration.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"organization": " "},
        {"company-key": ""},
        {"slug": ""},
        {"environment": "elsewhere"},
        {"contact-email": "nobody"},
        {"offerer-id": "x"},
        {"offerer-id": "-1"},
        {"offerer-id": "9" * 30},
        {"organization": "x" * 201},
        {"slug": "x" * 101},
        {"company-key": "x" * 65},
    ],
)
def test_bad_arguments_are_wrong_usage(
    changed: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATCHR_API_KEY", sandbox.api_key)

    with pytest.raises(CommandError) as refused:
        call_command(*arguments(sandbox, **changed), "--no-check")

    # Django's own parser raises without a code when it is called from Python.
    assert refused.value.returncode == 2 or "argument --" in str(refused.value)
    assert not Integration.objects.exists()


@pytest.mark.parametrize("key", ["", "  \n"])
def test_an_empty_key_is_wrong_usage(key: str, sandbox: Sandbox) -> None:
    done = command_line(*arguments(sandbox), stdin=key)

    assert (done.returncode, done.stdout) == (2, "")
    assert "No API key" in done.stderr


def test_a_missing_argument_is_wrong_usage() -> None:
    done = command_line("connect_flatchr", "--slug=x", FLATCHR_API_KEY="x")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--organization" in done.stderr
