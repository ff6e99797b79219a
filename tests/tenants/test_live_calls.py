"""Calls to Flatchr that are waited for: a cap of each process, below its threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from integrations.api import limits
from integrations.api.errors import ApiError
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.models import ActionSlot, Integration
from integrations.passthrough import sending
from integrations.passthrough.history import Sender
from integrations.passthrough.request import PassthroughRequest, check_request
from integrations.tenants import live_calls


@pytest.fixture
def two_places(settings: Any) -> Iterator[None]:
    settings.WEB_CONCURRENCY = 3
    live_calls.limit_process(2)
    yield
    live_calls.limit_process(None)


@pytest.fixture
def taken(two_places: None) -> Iterator[None]:
    """All places, held by other threads."""
    ready, over = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with live_calls.live_call():
            ready.wait(10)
            over.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    yield
    over.set()
    for thread in threads:
        thread.join()


def test_who_has_a_place_needs_no_second(two_places: None) -> None:
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(live_calls.live_call())


def test_a_place_is_free_after_any_end(two_places: None) -> None:
    for _ in range(5):
        with pytest.raises(RuntimeError), live_calls.live_call():
            raise RuntimeError


def test_beyond_the_cap_it_is_refused_at_once(taken: None) -> None:
    with pytest.raises(FlatchrError) as refused, live_calls.live_call():
        pytest.fail("A third call has begun.")
    assert refused.value.kind is ErrorKind.RATE_LIMITED


def test_a_process_without_fixed_threads_has_no_cap() -> None:
    assert live_calls.most_at_once() is None
    with live_calls.live_call(), live_calls.live_call():
        pass


@pytest.mark.django_db
def test_an_action_of_the_api_is_refused_by_the_contract(tenant: Integration, taken: None) -> None:
    """Over all tenants, and without a row."""
    with pytest.raises(ApiError) as refused, limits.action_slot(tenant.pk):
        pytest.fail("A third action has begun.")
    assert refused.value.code == "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"
    assert refused.value.headers == {
        "Concurrency-Limit": "6",
        "Concurrency-Remaining": "0",
        "Retry-After": "1",
    }
    assert not ActionSlot.objects.exists()


@pytest.mark.django_db
def test_the_console_is_told_in_words(tenant: Integration, taken: None) -> None:
    call = check_request(PassthroughRequest(host="api", method="GET", path="/x"))
    with pytest.raises(sending.NoResponse) as refused:
        sending.send(tenant, call, Sender())
    assert refused.value.kind is ErrorKind.RATE_LIMITED
    assert not refused.value.may_be_done


@pytest.mark.parametrize(
    ("threads", "calls", "concurrency", "found"),
    [
        (8, 4, None, []),
        (8, 7, None, []),
        (8, 8, None, ["relais.E001"]),
        (8, 0, None, ["relais.E001"]),
        (1, 1, None, ["relais.W002"]),
        (8, 4, 8, []),
        (8, 4, 9, ["relais.E002"]),
        (8, 4, 30, ["relais.E002"]),
        (4, 9, 30, ["relais.E001", "relais.E002"]),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    threads: int, calls: int, concurrency: int | None, found: list[str], settings: Any
) -> None:
    settings.WEB_CONCURRENCY, settings.WEB_THREADS, settings.LIVE_CALLS = 2, threads, calls
    settings.API_CONCURRENCY_GIVEN = concurrency is not None
    settings.API_CONCURRENCY = concurrency or 30
    assert [one.id for one in live_calls.check_settings()] == found
