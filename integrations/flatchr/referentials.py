"""Referentials: Flatchr's lists of codes and labels, read at run time (`docs/flatchr-api.md §25`).

Of their ids only a few examples are documented, so no id is hard-coded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Labels = Mapping[str, str]
# Reads the list at a path; null when Flatchr refuses it.
Fetch = Callable[[str], Iterable[Any] | None]

LABEL_KEYS = ("text", "label", "name", "title")


@dataclass(frozen=True, slots=True)
class Referentials:
    """Labels by code, codes as text; null if not read, or refused by Flatchr."""

    contracts: Labels | None = None
    channels: Labels | None = None
    education_levels: Labels | None = None
    activities: Labels | None = None
    metiers: Labels | None = None


def read_referentials(fetch: Fetch, integration_fields: frozenset[str]) -> Referentials:
    """The lists that jobs need: contracts and channels always, the others when a field that is
    switched on shows them. Metiers cost one request per channel.
    """
    channels = _read(fetch, "/channels")
    return Referentials(
        contracts=_read(fetch, "/contracts"),
        channels=channels,
        education_levels=(
            _read(fetch, "/educationLevels") if "education_level" in integration_fields else None
        ),
        activities=_read(fetch, "/activities") if "activity" in integration_fields else None,
        metiers=_metiers(fetch, channels) if "metier" in integration_fields else None,
    )


def labels(items: Iterable[Any]) -> dict[str, str]:
    """Labels by code from a list of `{id, text}`; ids may be numbers or strings, and the label
    may bear another name, as the shape is nowhere documented. Other items are skipped.
    """
    return dict(_labelled(items))


def code_key(code: Any) -> str | None:
    """A code as a key of `labels`; null if it is none."""
    if type(code) is int:
        return str(code)
    return code.strip() or None if isinstance(code, str) else None


def _labelled(items: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for item in items:
        code = code_key(item.get("id")) if isinstance(item, dict) else None
        if code is None:
            continue
        for key in LABEL_KEYS:
            label = item.get(key)
            if isinstance(label, str) and label.strip():
                yield code, label.strip()
                break


def _read(fetch: Fetch, path: str) -> Labels | None:
    items = fetch(path)
    return None if items is None else labels(items)


def _metiers(fetch: Fetch, channels: Labels | None) -> Labels | None:
    """The metiers of every channel in one map: their ids are unique across channels."""
    merged: dict[str, str] = {}
    for channel in channels or ():
        found = _read(fetch, f"/channels/{channel}/metiers")
        if found is None:
            return None
        merged.update(found)
    return merged if channels else None
