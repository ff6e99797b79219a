"""Where the exports of the command line go: standard output, or a file that is whole."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from integrations.management import FAILED, USAGE

STDOUT = "-"


def add_output(parser: ArgumentParser) -> None:
    """`--output` and `--json`; what they are given is read with `output_of`."""
    parser.add_argument(
        "--output",
        default=STDOUT,
        metavar="FILE",
        help="where to write; - is standard output, and the default",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object; needs --output FILE"
    )


def output_of(options: Mapping[str, Any]) -> str:
    """Where to write. Raises `CommandError` when the JSON object would stand in the export."""
    output: str = options["output"]
    if options["json"] and output == STDOUT:
        raise CommandError(
            "--json and the export cannot share standard output: add --output FILE.",
            returncode=USAGE,
        )
    return output


def write(pieces: Iterable[bytes], output: str) -> bool:
    """Write everything; false if the reader of standard output has closed it.

    Raises `CommandError` if it cannot be written.
    """
    try:
        with _opened(output) as target:
            target.writelines(pieces)
    except BrokenPipeError:
        # As in `| head`. Python flushes standard output again when it exits, and would report
        # the same error once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    except OSError as error:
        raise CommandError(
            f"Cannot write {output}: {error.strerror or error}.", returncode=FAILED
        ) from error
    return True


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    path = Path(output)
    if output == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():
        # A device or a named pipe is written to, not replaced; a folder raises an error.
        with path.open("wb") as target:
            yield target
    else:
        with _replacing(path.resolve()) as target:
            yield target


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A temporary file, readable by its owner only, renamed to `path` when it is complete."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
