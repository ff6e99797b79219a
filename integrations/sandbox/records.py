"""Records of an applicant or a company: traits, comments, messages, tasks, hooks, CV keys.

Seeded ones are computed; a list is stored once something is written to it.
`docs/flatchr-api.md` §15-24, §26.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from integrations.sandbox.applicants import Applicant, Applicants
from integrations.sandbox.formats import iso, midday, short_id
from integrations.sandbox.seed.tables import slugify

LANGUAGES, LICENCE, CALL_BACK = 3, 4, 5
"""Indexes, in the list of seeded tags, of those that seeded candidates have."""

TRAITS = ((3, 0, LANGUAGES, "Anglais"), (9, 0, LANGUAGES, "Italien"), (8, 1, LICENCE, "B"),
          (10, 2, CALL_BACK, ""), (50, 7, LICENCE, "Cariste"))  # fmt: skip
"""Step, first number, tag, value; the last value is in no tag's list."""


class Records:
    """The records of one company that are neither vacancies nor applicants.

    `tags` are the ids of the seeded tags; `author` is the user who wrote seeded notes.
    """

    def __init__(
        self,
        *,
        seed: str,
        base: date,
        tags: Sequence[str],
        author: dict[str, Any],
        applicants: Applicants,
    ) -> None:
        self._seed, self._base, self._tags, self._author = seed, base, tags, author
        self._applicants = applicants
        self._lists: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self._serial = 77_120
        self.tasks = [self._task(place) for place in range(3)]
        self.hooks: dict[int, dict[str, Any]] = {}
        self.metadata: list[dict[str, Any]] = []
        digest = hashlib.sha256(seed.encode()).digest()
        self._mask = int.from_bytes(digest[:8], "big")

    def serial(self) -> int:
        """A plain id that was never used."""
        self._serial += 1
        return self._serial

    def fresh_id(self, kind: str) -> str:
        """An encoded id that was never used."""
        return short_id(self._seed, kind, "added", self.serial())

    def _list(self, kind: str, applicant: Applicant) -> list[dict[str, Any]]:
        seeded = {"trait": self._traits, "comment": self._comments, "message": self._messages}
        key = (kind, applicant.number)
        if key not in self._lists:
            return seeded[kind](applicant)
        return self._lists[key]

    def all(self, kind: str, applicant: Applicant) -> list[dict[str, Any]]:
        """The traits, comments or messages of an applicant."""
        return list(self._list(kind, applicant))

    def store(self, kind: str, applicant: Applicant, items: list[dict[str, Any]]) -> None:
        """Replace the traits, comments or messages of an applicant."""
        self._lists[kind, applicant.number] = items

    def add(self, kind: str, applicant: Applicant, item: dict[str, Any]) -> None:
        """Add a comment or a message of an applicant, as the last one."""
        self.store(kind, applicant, [*self.all(kind, applicant), item])

    def set_trait(self, applicant: Applicant, tag: dict[str, Any], value: str) -> dict[str, Any]:
        """Add a tag value; a tag that takes one value only has its value replaced."""
        trait = {"id": self.fresh_id("trait"), "tag_id": tag["id"], "value": value}
        kept = [
            old
            for old in self.all("trait", applicant)
            if old["tag_id"] != tag["id"] or (tag["multiple"] and old["value"] != value)
        ]
        self.store("trait", applicant, [*kept, trait])
        return trait

    def _traits(self, applicant: Applicant) -> list[dict[str, Any]]:
        number = applicant.number
        if number >= self._applicants.seeded:
            return []
        return [
            {
                "id": short_id(self._seed, "trait", number, place),
                "tag_id": self._tags[slot],
                "value": value,
            }
            for place, (step, start, slot, value) in enumerate(TRAITS)
            if number % step == start
        ]

    def _comments(self, applicant: Applicant) -> list[dict[str, Any]]:
        if applicant.number % 10 or applicant.number >= self._applicants.seeded:
            return []
        return [self.comment(70_000_000 + applicant.number, "<p>Bon contact</p>", self._author)]

    def comment(
        self, number: int, text: str, user: dict[str, Any], created_at: str | None = None
    ) -> dict[str, Any]:
        """A comment with every part; reads drop the parts that `fields` does not name. §17."""
        return {
            "id": number,
            "text": text,
            "private": True,
            "favorite": False,
            "created_by": user["user_id"],
            "created_at": created_at or iso(midday(self._base)),
            "type": "note",
            "reply_to": None,
            "author": {name: user[name] for name in ("id", "firstname", "lastname")},
            "attachments": [],
            "ratings": [],
        }

    def _messages(self, applicant: Applicant) -> list[dict[str, Any]]:
        if applicant.number % 10 or applicant.number >= self._applicants.seeded:
            return []
        identity = short_id(self._seed, "message", applicant.number)
        html = f"<p>Bonjour {applicant.firstname}</p>"
        return [self.message(identity, "Votre candidature", html, self._author, applicant)]

    def message(
        self,
        identity: str,
        subject: str,
        html: str,
        user: dict[str, Any],
        applicant: Applicant,
        created_at: str | None = None,
    ) -> dict[str, Any]:
        """A message with every part. §20."""
        moment = created_at or iso(midday(self._base))
        return {
            "id": identity,
            "created_by": user["user_id"],
            "created_at": moment,
            "auto": False,
            "mail": {"subject": subject, "text": "", "html": html, "status": None},
            "delivered": True,
            "deliver_at": moment,
            "author": {name: user[name] for name in ("firstname", "lastname")},
            "replied": False,
            "candidate": {
                name: getattr(applicant, name) for name in ("firstname", "lastname", "email")
            },
            "attachments": [],
        }

    def _task(self, place: int) -> dict[str, Any]:
        applicant = self._applicants.ids.encode(place)
        return {
            "id": short_id(self._seed, "task", place),
            "description": f"Rappeler le candidat {place + 1}",
            "value": [f"applicant={applicant}"],
            "type": "task",
            "date": iso(midday(self._base + timedelta(days=place))),
            "done": place == 2,
        }

    def resume_key(self, applicant: Applicant) -> str:
        """The storage key of a CV, from which its applicant can be found again. §11."""
        day = applicant.created
        name = slugify(f"{applicant.firstname} {applicant.lastname}")[:80]
        return f"candidates/{day:%Y/%m}/{self._uuid(applicant.number)}/{name}"

    def resume_owner(self, key: str) -> int | None:
        """The plain applicant id of a storage key."""
        parts = key.split("/")
        try:
            identity = UUID(parts[3])
        except (ValueError, IndexError):
            return None
        number = (identity.int & ((1 << 64) - 1)) ^ self._mask
        return number if self._uuid(number) == identity else None

    def _uuid(self, number: int) -> UUID:
        check = hashlib.sha256(f"{self._seed}:cv:{number}".encode()).digest()[:8]
        return UUID(bytes=check + (number ^ self._mask).to_bytes(8, "big"))
