"""Whether the stored Flatchr keys can be decrypted, cheaply enough to be asked every second."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from integrations.models import FlatchrCredentials
from integrations.models.fields import UNREADABLE

# Decrypting one takes about 40 us.
PER_LOOK = 100


class CredentialScan:
    """Looks at `PER_LOOK` keys a time, one after the other, and again at those it could not read.

    Up to so many tenants, each look sees them all. With more, keys that are wrong altogether are
    found by the first look, and a single one within as many looks as it takes to go round.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = ""
        self._unreadable: set[str] = set()

    def unreadable(self) -> int:
        """Look at the next keys; the number of known ones that cannot be decrypted. Two queries.

        Raises `DatabaseError`.
        """
        with self._lock:
            stored = FlatchrCredentials.objects.filter(integration__deleted_at=None)
            again = sorted(self._unreadable)[:PER_LOOK]
            self._unreadable.difference_update(again)
            if again:
                self._note(stored.filter(pk__in=again).values_list("pk", "api_key"))
            following = stored.filter(pk__gt=self._last).order_by("pk")
            rows = list(following.values_list("pk", "api_key")[:PER_LOOK])
            self._note(rows)
            self._last = rows[-1][0] if len(rows) == PER_LOOK else ""
            return len(self._unreadable)

    def _note(self, rows: Iterable[tuple[str, str]]) -> None:
        self._unreadable.update(pk for pk, key in rows if key == UNREADABLE)


SCAN = CredentialScan()
