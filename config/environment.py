"""Where settings come from: the real environment, else the file `.env`; each name also as
`NAME_FILE`, the path of a file that holds the value.

Django's settings and gunicorn's both read their variables here. A blank value counts as none.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

HOME_VARIABLE = "RELAIS_HOME"
_BESIDE = Path(__file__).resolve().parent.parent
# None in an installed package.
CHECKOUT = _BESIDE if (_BESIDE / "manage.py").exists() else None

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED = re.compile(r"\\(.?)")


def home() -> Path:
    """The folder of `.env`, from which relative paths are taken.

    `RELAIS_HOME`; else the checkout that this file is in; else, for an installed package,
    `/var/lib/relais` where there is one, or `~/.local/share/relais`.
    """
    if given := os.environ.get(HOME_VARIABLE):
        return Path(given).expanduser().resolve()
    if CHECKOUT is not None:
        return CHECKOUT
    system = Path("/var/lib/relais")
    return system if system.is_dir() else Path.home() / ".local" / "share" / "relais"


class UnreadableLine(ValueError):
    """A line of an environment file that does not say what its value is."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number


def parse(text: str) -> dict[str, str]:
    """The variables of an environment file; the last one of a name counts.

    A line is blank, a comment, or `NAME=value`, also after `export`. A value without quotes ends
    before ` #`. In single quotes every character stands for itself; in double quotes `\\"`,
    `\\\\` and `\\$` stand for their second character. Raises `UnreadableLine` for all else.
    """
    found = {}
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if "\0" in entry:
            raise UnreadableLine(number, "it holds a NUL character")
        name, equals, value = entry.partition("=")
        name = re.sub(r"^export\s+", "", name).strip()
        if not equals:
            raise UnreadableLine(number, "it is neither NAME=value nor a comment")
        if not _NAME.fullmatch(name):
            # Not repeated: a line that is broken in two may begin with a part of a secret.
            raise UnreadableLine(number, "what is before the = is not the name of a variable")
        found[name] = _value(value, number)
    return found


def _value(text: str, number: int) -> str:
    start = text.strip()
    if not start.startswith(("'", '"')):
        return re.split(r"\s#", text, maxsplit=1)[0].strip()
    quote = start[0]
    pattern = r"'([^']*)'" if quote == "'" else r'"((?:[^"\\]|\\.)*)"'
    quoted = re.match(pattern, start)
    if quoted is None:
        raise UnreadableLine(number, f"the value begins with {quote} and does not end with it")
    rest = start[quoted.end() :]
    if rest.strip() and not re.match(r"\s+#", rest):
        raise UnreadableLine(number, "after the closing quote there is more than a comment")
    return quoted[1] if quote == "'" else _unescaped(quoted[1], number)


def _unescaped(text: str, number: int) -> str:
    if any(escaped[1] not in '"\\$' for escaped in _ESCAPED.finditer(text)):
        raise UnreadableLine(
            number,
            'in double quotes a backslash stands before ", \\ or $ only; in single quotes it is '
            "a character like any other",
        )
    return _ESCAPED.sub(r"\1", text)


def load(path: Path, into: MutableMapping[str, str]) -> None:
    """Add the variables of the file `path`, if it exists, that `into` does not have.

    `NAME` and `NAME_FILE` are one variable here. Raises `ImproperlyConfigured` in words for a
    file that cannot be read or has a line that is not understood.
    """
    try:
        variables = parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not text in UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from None
    except UnreadableLine as error:
        raise ImproperlyConfigured(f"{path}, {error}.") from None
    given = {name.removesuffix("_FILE") for name in into}
    for name, value in variables.items():
        if name.removesuffix("_FILE") not in given:
            into[name] = value


# Files and folders of DATA_DIR that hold secrets or people's data, whoever made them.
PRIVATE = (".", "secret_key", "credentials_keys", "relais.sqlite3", "submissions", "exports")


def close_to_others(folder: Path) -> None:
    """Take from other users of the machine what they may do in `folder`, if it is ours.

    Raises `ImproperlyConfigured` where it is not, and others may write into it.
    """
    for path in (folder / name for name in PRIVATE):
        try:
            found = path.stat()
            if found.st_mode & 0o077:
                path.chmod(stat.S_IMODE(found.st_mode) & 0o700)
        except FileNotFoundError:
            continue
        except OSError:
            if found.st_mode & 0o002:
                raise ImproperlyConfigured(
                    f"Every user of this machine may write into {path}, which belongs to somebody "
                    f"else: run `chmod go= {path}` as its owner."
                ) from None


class Env(environ.Env):
    """Reads variables of `source` by type. A blank one, or none, is the default.

    Raises `ImproperlyConfigured` that names the variable, and never repeats its value.
    """

    def __init__(self, source: Mapping[str, str]) -> None:
        super().__init__()
        self._source = source

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        value = self._text(var)
        if value == "":
            return self.parse_value(default, cast) if parse_default else default
        try:
            return self.parse_value(value, cast)
        except ValueError:
            kind = {int: "a whole number", float: "a number"}.get(cast, "understood")
            raise ImproperlyConfigured(f"The value of {var} is not {kind}.") from None

    def _text(self, name: str) -> str:
        value = self._source.get(name, "")
        path = self._source.get(f"{name}_FILE", "")
        if not path:
            return value
        if value:
            raise ImproperlyConfigured(f"Both {name} and {name}_FILE are given: leave one out.")
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            reason = "it is not text in UTF-8"
        except OSError as error:
            reason = str(error.strerror)
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {reason}.")


HOME = home()
load(HOME / ".env", os.environ)
env = Env(os.environ)
DATA_DIR = (HOME / Path(env.str("DATA_DIR", default="var")).expanduser()).resolve()
