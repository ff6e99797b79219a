"""Where settings come from: the environment, the file `.env`, and files named by `NAME_FILE`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Env, UnreadableLine, load, parse
from tests.support.commands import ROOT, environment, manage


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("NAME=", ""),
        ("NAME = value \t", "value"),
        ("export NAME=value", "value"),
        ("  NAME=two words", "two words"),
        ("NAME=value # said here", "value"),
        ("NAME=value\t# said here", "value"),
        ("NAME= # said here", ""),
        ("NAME=pass#word", "pass#word"),
        ("NAME=#word", "#word"),
        ("NAME='a # b'", "a # b"),
        ("NAME='a' # b", "a"),
        (r"NAME='C:\new'", r"C:\new"),
        ("NAME='say \"yes\"'", 'say "yes"'),
        ('NAME="a # b"', "a # b"),
        ('NAME="it\'s"  # said here', "it's"),
        (r'NAME="a \"b\" \\ \$c"', r'a "b" \ $c'),
        ('NAME=""', ""),
        ("NAME=$elsewhere", "$elsewhere"),
        ("NAME=a=b==", "a=b=="),
        ("NAME=Relais <relais@example.com>", "Relais <relais@example.com>"),
        ("NAME=été", "été"),
    ],
)
def test_a_value_is_read(line: str, value: str) -> None:
    assert parse(line) == {"NAME": value}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_from_another_system_is_understood(end: str) -> None:
    text = "\ufeff" + end.join(["# first", "", "A=1", "  # second", "B='2'", "A=3", ""])

    assert parse(text) == {"A": "3", "B": "2"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("NAME", "neither NAME=value nor a comment"),
        ("NAME: value", "neither NAME=value nor a comment"),
        ("=value", "not the name of a variable"),
        ("2ND=value", "not the name of a variable"),
        ("MY NAME=value", "not the name of a variable"),
        ("NAME='value", "begins with '"),
        ('NAME="value', 'begins with "'),
        ('NAME="value\\"', 'begins with "'),
        ("NAME='a'b", "more than a comment"),
        ('NAME="a" b', "more than a comment"),
        ("NAME='a'#b", "more than a comment"),
        (r'NAME="C:\new"', "backslash"),
        ("NAME=a\0b", "NUL"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_its_number(line: str, reason: str) -> None:
    with pytest.raises(UnreadableLine, match=reason) as refused:
        parse(f"# first\r\n\r\n{line}\r\nB=2")

    assert refused.value.number == 3


@pytest.mark.parametrize(
    "line", ["KEY='hunter2", "hunter2", "hunter 2=", "KEY='x'hunter2", 'KEY="\\hunter2"']
)
def test_a_refusal_repeats_nothing_that_may_be_a_secret(line: str) -> None:
    with pytest.raises(UnreadableLine) as refused:
        parse(line)

    assert "hunter" not in str(refused.value)


def test_the_real_environment_wins_over_the_file_in_either_form(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=file\nB_FILE=/file\nC=file\nD=file\n")
    variables = {"A": "real", "B": "real", "C_FILE": "/real"}

    load(file, variables)

    assert variables == {"A": "real", "B": "real", "C_FILE": "/real", "D": "file"}


def test_no_file_is_no_error(tmp_path: Path) -> None:
    variables: dict[str, str] = {}
    load(tmp_path / ".env", variables)
    assert variables == {}


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "utf-16").write_bytes("A=1".encode("utf-16"))
    (tmp_path / "broken").write_text("A=1\nB='2\n")

    for name, reason in (
        ("folder", "cannot be read: Is a directory"),
        ("utf-16", "not text in UTF-8"),
        ("broken", "broken, line 2"),
    ):
        with pytest.raises(ImproperlyConfigured, match=reason):
            load(tmp_path / name, {})


@pytest.mark.skipif(os.geteuid() == 0, reason="Root may read every file.")
def test_a_file_of_somebody_else_is_said(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1")
    file.chmod(0)

    with pytest.raises(ImproperlyConfigured, match="cannot be read: Permission denied"):
        load(file, {})


def test_a_value_comes_from_a_file_without_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text("8\r\n")
    env = Env({"WEB_THREADS_FILE": str(tmp_path / "mounted")})

    assert env.int("WEB_THREADS", default=2) == 8


def test_a_blank_value_is_none() -> None:
    env = Env({"A": "", "B_FILE": ""})

    assert (env.int("A", default=2), env.str("B", default="b")) == (2, "b")
    assert env.list("C", default=["c"]) == ["c"]


def test_a_value_that_is_none_of_its_kind_is_refused_without_repeating_it(tmp_path: Path) -> None:
    env = Env({"A": "hunter2", "B": "$HOME", "B_FILE": "/b", "C_FILE": str(tmp_path)})

    with pytest.raises(ImproperlyConfigured, match=r"^The value of A is not a whole number\.$"):
        env.int("A")
    with pytest.raises(ImproperlyConfigured, match="Both B and B_FILE are given"):
        env.str("B")
    with pytest.raises(ImproperlyConfigured, match=r"C_FILE: .* cannot be read"):
        env.str("C")


def test_a_value_that_begins_with_a_dollar_is_taken_as_it_is() -> None:
    assert Env({"SECRET_KEY": "$ecret"}).str("SECRET_KEY") == "$ecret"


def gunicorn(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", *options],
        cwd=ROOT,
        env=environment(home / "data", RELAIS_HOME=str(home)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_web_server_reads_its_variables_from_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "threads").write_text("5\n")
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbfBIND=127.0.0.1:8123 # inside\r\nWEB_CONCURRENCY='3'\r\n"
        b"WEB_THREADS_FILE=" + str(tmp_path / "threads").encode() + b"\r\nDEBUG=on\r\n"
    )

    done = gunicorn(tmp_path, "--print-config", "config.wsgi")

    assert done.returncode == 0, done.stderr
    said = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
    found = {name.strip(): value for name, value in said.items()}
    assert (found["bind"], found["workers"], found["threads"]) == ("['127.0.0.1:8123']", "3", "5")
    assert int(found["keepalive"]) > 75


def test_every_process_refuses_a_broken_file_in_words(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEBUG=on\nWEB_THREADS 5\n")
    problem = f"{tmp_path}/.env, line 2: it is neither NAME=value nor a comment."

    command = manage("check", data_dir=tmp_path / "data", RELAIS_HOME=str(tmp_path))
    server = gunicorn(tmp_path, "config.wsgi")

    for done in (command, server):
        assert done.returncode == 1
        assert done.stderr == f"Relais cannot start. {problem}\n"


def test_a_number_that_is_none_is_said_by_the_command_line(tmp_path: Path) -> None:
    done = manage("check", data_dir=tmp_path, API_RATE_LIMIT="many")

    assert done.returncode == 1
    assert (
        done.stderr == "Relais cannot start. The value of API_RATE_LIMIT is not a whole number.\n"
    )
