"""A column as an application stage (`docs/mapping.md`, Identity; `docs/flatchr-api.md §12`)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from integrations.flatchr.mapping.source import identified
from integrations.flatchr.mapping.values import INT_LIMIT, Notes, Report, flag, integer, text
from integrations.messages import Message
from integrations.records import Model, Rejected, StageRecord


def stage(column: object, raw: str, index: int, report: Report) -> StageRecord | Rejected:
    """The stage of a column. `index`, its place in the response, replaces a missing position.

    Any field but the id may be missing.
    """
    found = identified(Model.APPLICATION_STAGES, column, "id", raw, report)
    if isinstance(found, Rejected):
        return found
    remote_id, data, raw, notes = found
    position = integer(data.get("position"), "position", notes, INT_LIMIT)
    return StageRecord(
        remote_id=remote_id,
        name=text(data.get("title"), "name", notes),
        position=index if position is None else position,
        visible=flag(data.get("visible"), "visible", notes, default=True),
        hired=flag(data.get("hired"), "hired", notes),
        raw=raw,
    )


def stages_by_title(stages: Iterable[StageRecord], report: Report) -> dict[str, str]:
    """The remote id of the stage by column title.

    If several columns have a title, the visible one wins, then the one of the lowest position, and
    there is a finding.
    """
    chosen = {}
    ranked = sorted(stages, key=lambda item: (item.name or "", *_rank(item)))
    for title, group in groupby(ranked, key=lambda item: item.name):
        if title is None:
            continue
        first, *others = group
        chosen[title] = first.remote_id
        if others:
            Notes(report, Model.APPLICATION_STAGES, first.remote_id).add(
                "duplicate_stage_title",
                "name",
                title,
                Message("column_title_shared"),
            )
    return chosen


def _rank(item: StageRecord) -> tuple[bool, int, int, str]:
    # Ids are integers; as text, 10 would come before 9.
    return not item.visible, item.position, len(item.remote_id), item.remote_id
