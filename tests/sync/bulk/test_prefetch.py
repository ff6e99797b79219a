"""Work done one item ahead, on another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from integrations.sync.bulk.prefetch import prefetch


def never() -> None:
    raise AssertionError("there was nothing to halt")


def test_items_come_in_order_and_from_another_thread() -> None:
    def items() -> Iterator[tuple[int, threading.Thread]]:
        for number in range(5):
            yield number, threading.current_thread()

    with prefetch(items(), halt=never) as made:
        taken = list(made)

    assert [number for number, _ in taken] == [0, 1, 2, 3, 4]
    makers = {thread for _, thread in taken}
    assert threading.current_thread() not in makers
    assert [thread.is_alive() for thread in makers] == [False]


def test_the_next_item_is_begun_when_one_is_taken_and_no_other() -> None:
    begun = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for number, event in enumerate(begun):
            event.set()
            yield number

    with prefetch(items(), halt=never) as made:
        for number in made:
            ahead_by_one = begun[min(number + 1, 3)]
            assert ahead_by_one.wait(10)
            assert not any(event.is_set() for event in begun[number + 2 :])


def test_what_the_work_raises_reaches_the_consumer_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    taken: list[int] = []
    with pytest.raises(LookupError, match="gone"), prefetch(items(), halt=never) as made:
        taken.extend(made)

    assert taken == [1]


def test_a_consumer_that_fails_halts_the_work_and_waits_for_its_end() -> None:
    halted, under_way = threading.Event(), threading.Event()
    maker = []

    def items() -> Iterator[int]:
        maker.append(threading.current_thread())
        yield 1
        under_way.set()
        assert halted.wait(10)
        raise RuntimeError("halted")

    def consume() -> None:
        with prefetch(items(), halt=halted.set) as made:
            next(made)
            assert under_way.wait(10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        consume()

    assert not maker[0].is_alive()


def test_nothing_is_halted_once_the_work_has_come_to_its_end() -> None:
    with prefetch(iter([1, 2]), halt=never) as made:
        assert list(made) == [1, 2]
