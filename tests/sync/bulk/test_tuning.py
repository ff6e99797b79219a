"""The interpreter's settings are those of before once the last sync of a process has ended."""

from __future__ import annotations

import gc
import sys
from contextlib import ExitStack

from integrations.sync.bulk.tuning import GC_THRESHOLD, SWITCH_INTERVAL, tuned_interpreter


def settings() -> tuple[int, float]:
    return gc.get_threshold()[0], sys.getswitchinterval()


def test_syncs_that_overlap_leave_the_interpreter_as_it_was() -> None:
    before = settings()
    first, second = ExitStack(), ExitStack()

    first.enter_context(tuned_interpreter())
    second.enter_context(tuned_interpreter())
    first.close()
    assert settings() == (GC_THRESHOLD, SWITCH_INTERVAL)
    second.close()

    assert settings() == before
