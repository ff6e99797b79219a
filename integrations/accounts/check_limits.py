"""How often passwords and codes may be tried.

Each check is counted before it is made: sign-in, one's own password, a code, a recovery code. So of
many at once no more are made than one after the other would be. Two counts hold:

- of an account, wherever it is tried from; the waits grow with each failure. Nobody is kept out by
  strangers: from a network where its user has signed in before, only what was tried there counts
  (`lockout.py`).
- of a network, whatever names are tried from it: an IPv4 address, or a /64 of IPv6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.http import HttpRequest

from integrations import client_address, jobs
from integrations.database import batched_writes
from integrations.models import AuditEntry, CheckCount, Event

# So many failures are free; after each further one, the wait doubles from a second on.
ACCOUNT_FREE, ACCOUNT_LONGEST = 10, timedelta(minutes=15)
NETWORK_FREE, NETWORK_LONGEST = 50, timedelta(hours=1)
# Failures are forgotten so long after the last one.
FORGOTTEN_AFTER = timedelta(days=1)
# From where a user has signed in within so long, strangers cannot keep them out.
KNOWN_FOR = timedelta(days=90)


class TooManyChecks(Exception):
    """Nothing is checked before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True, slots=True)
class CountedCheck:
    """A check that has been counted as failed; what was right is taken off again."""

    account: str
    network: str

    def was_right(self, *, forget: bool = True) -> None:
        """`forget`: the account's earlier failures, too."""
        fewer = Case(When(failures__gt=0, then=F("failures") - 1), default=Value(0))
        with transaction.atomic():
            if self.account and forget:
                CheckCount.objects.filter(key=self.account).delete()
            kept = [self.network] if forget else [self.account, self.network]
            CheckCount.objects.filter(key__in=kept).update(failures=fewer, blocked_until=None)


def begin_check(request: HttpRequest | None, user: Any) -> CountedCheck:
    """Count a check of the password or a code of `user`, who may be None for an unknown name.

    Raises `TooManyChecks`, and counts nothing, while there is a wait.
    """
    check = CountedCheck(
        account_key(user) if user is not None else "",
        network_key(client_address.client_ip(request) if request else None),
    )
    now = jobs.now()
    keys = sorted(filter(None, (check.account, check.network)))
    with transaction.atomic():
        CheckCount.objects.bulk_create(
            [CheckCount(key=key, last_at=now) for key in keys], ignore_conflicts=True
        )
        counts = list(CheckCount.objects.select_for_update().filter(key__in=keys).order_by("key"))
        for count in counts:
            if count.last_at <= now - FORGOTTEN_AFTER:
                count.failures, count.blocked_until = 0, None
            until = count.blocked_until
            if until is None or until <= now:
                continue
            if count.key != check.account or not _is_known(request, user, now):
                raise TooManyChecks(until)
        for count in counts:
            count.failures += 1
            count.last_at = now
            count.blocked_until = now + _wait(count) if _wait(count) else None
            count.save(update_fields=["failures", "last_at", "blocked_until"])
    return check


def blocked_until(user: Any) -> datetime | None:
    """Until when no check of the account is made, except from where its user is known."""
    count = CheckCount.objects.filter(key=account_key(user), blocked_until__gt=jobs.now()).first()
    return None if count is None else count.blocked_until


def forget(user: Any) -> int:
    """Forget the account's failures; return how many counts there were (0 or 1)."""
    return int(CheckCount.objects.filter(key=account_key(user)).delete()[0])


def account_key(user: Any) -> str:
    return f"account:{user.pk}"


def network_key(address: str | None) -> str:
    return f"network:{client_address.network_of(address) or 'unknown'}"


def _wait(count: CheckCount) -> timedelta:
    is_account = count.key.startswith("account:")
    free = ACCOUNT_FREE if is_account else NETWORK_FREE
    longest = ACCOUNT_LONGEST if is_account else NETWORK_LONGEST
    over = count.failures - free
    return min(timedelta(seconds=2 ** min(over, 20)), longest) if over >= 0 else timedelta()


def _is_known(request: HttpRequest | None, user: Any, now: datetime) -> bool:
    """Whether the user has signed in from there lately. A session that asks for its user's own
    password may be a stolen one, so it is not known.
    """
    address = client_address.client_ip(request) if request else None
    if address is None or getattr(getattr(request, "user", None), "is_authenticated", False):
        return False
    own = Q(object_kind="user", object_id=str(user.pk), ip=address, at__gt=now - KNOWN_FOR)
    return AuditEntry.objects.filter(own, what=Event.SIGNED_IN).exists()


@jobs.RETENTION.register("wrong passwords")
def retain() -> None:
    """Remove counts that are forgotten. Idempotent."""
    batched_writes.delete(CheckCount.objects.filter(last_at__lt=jobs.now() - FORGOTTEN_AFTER))
