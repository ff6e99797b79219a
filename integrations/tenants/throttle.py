"""Rate limits: a tenant's token bucket for requests to Flatchr, a row shared by all workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations.models import RequestBudget

# Flatchr allows one a second; a little more, as requests take different times to arrive.
FILE_EVERY = timedelta(seconds=1.1)
# What a sync without changes asks for.
LEFT_TO_OTHERS = 20.0


def take(integration_id: str) -> float:
    """Take a token for one request; return 0.0, or the seconds until there is a token.

    The bucket holds `FLATCHR_BURST` tokens and refills at `FLATCHR_RATE` a second.
    """
    return RememberedBucket(integration_id).take()


class RememberedBucket:
    """A tenant's bucket, for one who makes many requests: `take` as above.

    A token costs one statement while nobody else takes any: the row is changed if it is still as
    this one has left it, and read only if it is not.
    """

    def __init__(self, integration_id: str) -> None:
        self._integration_id = integration_id
        self._left: tuple[float, datetime] | None = None

    def take(self) -> float:
        if self._left is not None:
            tokens, refilled_at = self._left
            now = timezone.now()
            there = _refilled(tokens, refilled_at, now)
            unchanged = RequestBudget.objects.filter(
                pk=self._integration_id, tokens=tokens, refilled_at=refilled_at
            )
            if there >= 1.0 and unchanged.update(tokens=there - 1.0, refilled_at=now):
                self._left = (there - 1.0, now)
                return 0.0
        with transaction.atomic():
            now = timezone.now()
            bucket = _locked(self._integration_id, now)
            there = _refilled(bucket.tokens, bucket.refilled_at, now)
            if there < 1.0:
                return (1.0 - there) / float(settings.FLATCHR_RATE)
            bucket.tokens, bucket.refilled_at = there - 1.0, now
            bucket.save(update_fields=["tokens", "refilled_at"])
        self._left = (there - 1.0, now)
        return 0.0


def take_spare(integration_id: str, *, most: int) -> tuple[int, float]:
    """Take up to `most` tokens at once for requests that nobody waits for.

    Return how many were taken, and the seconds after which asking again is worth while. Some tokens
    are left in the bucket, so that a sync that begins meanwhile finds its own.
    """
    burst, rate = float(settings.FLATCHR_BURST), float(settings.FLATCHR_RATE)
    left_to_others = max(0.0, min(LEFT_TO_OTHERS, burst / 2, burst - 1.0))
    # Tokens are taken some at a time, and well before the bucket is full and loses any.
    worth_while = max(1.0, (burst - left_to_others) * 0.6)
    with transaction.atomic():
        now = timezone.now()
        bucket = _locked(integration_id, now)
        tokens = _refilled(bucket.tokens, bucket.refilled_at, now)
        spare = tokens - left_to_others
        wanted = min(float(most), worth_while)
        # A refilled bucket may be short of a token by a rounding error.
        if spare < wanted - 1e-6:
            return 0, (wanted - spare) / rate
        number = min(most, int(spare + 1e-6))
        bucket.tokens, bucket.refilled_at = tokens - number, now
        bucket.save(update_fields=["tokens", "refilled_at"])
        return number, 0.0


def take_file(integration_id: str, *, longest: float) -> float | None:
    """Reserve the next turn to request a CV, one a second (`docs/flatchr-api.md §11`).

    Return the seconds until it comes; None, reserving nothing, if that is more than `longest`.
    """
    with transaction.atomic():
        now = timezone.now()
        bucket = _locked(integration_id, now)
        turn = max(now, bucket.next_file_at or now)
        wait = (turn - now).total_seconds()
        if wait > longest:
            return None
        bucket.next_file_at = turn + FILE_EVERY
        bucket.save(update_fields=["next_file_at"])
        return wait


def _refilled(tokens: float, refilled_at: datetime, now: datetime) -> float:
    """What is in a bucket now that held so many tokens then."""
    elapsed = max(0.0, (now - refilled_at).total_seconds())
    return min(float(settings.FLATCHR_BURST), tokens + elapsed * float(settings.FLATCHR_RATE))


def _locked(integration_id: str, now: datetime) -> RequestBudget:
    """The tenant's bucket, full when it is new."""
    full = {"tokens": float(settings.FLATCHR_BURST), "refilled_at": now}
    bucket, _ = RequestBudget.objects.select_for_update().get_or_create(
        integration_id=integration_id, defaults=full
    )
    return bucket
