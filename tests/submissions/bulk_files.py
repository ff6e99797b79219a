"""Sheets, ZIPs and CVs for the tests of bulk uploads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from integrations.spreadsheets.xlsx_writer import TextBook
from integrations.submissions.bulk.columns import NAMES


def cv(person: str = "somebody") -> bytes:
    """A small CV in plain text."""
    return f"{person}\nJoiner, ten years of oak.\n".encode()


def row(number: int, job: str = "REF-1", /, **cells: str) -> dict[str, str]:
    """One candidate; `cells` take the place of what is invented."""
    return {
        "first_name": "Nadia",
        "last_name": f"Perrot {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 26]}",
        "email_address": f"nadia.{number}@mail.example",
        "phone_number": "",
        "job": job,
        "cover_letter": "",
        "cv": f"cv-{number}.txt",
        **cells,
    }


def csv_sheet(
    rows: Iterable[Mapping[str, str]],
    *,
    separator: str = ";",
    encoding: str = "utf-8-sig",
    columns: Sequence[str] = NAMES,
) -> bytes:
    lines = [separator.join(columns)]
    lines += [separator.join(line.get(name, "") for name in columns) for line in rows]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def xlsx_sheet(rows: Iterable[Mapping[str, str]], title: str = "Candidates") -> bytes:
    book = TextBook()
    lines: list[Sequence[str]] = [NAMES]
    lines += [[line.get(name, "") for name in NAMES] for line in rows]
    book.add(title, lines, [20] * len(NAMES))
    return book.content()


def zip_of(files: Mapping[str, bytes], *, packed: bool = True) -> bytes:
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def cvs_for(rows: Iterable[Mapping[str, str]]) -> bytes:
    """A ZIP with the CV that each row names."""
    return zip_of({line["cv"]: cv(line["email_address"]) for line in rows if line["cv"]})
