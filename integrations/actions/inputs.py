"""Who asks for an action, what is told of it beforehand, and why it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import Action, ActionChannel, ActionKind, ApiKey, Application


class NoCredentials(Exception):
    """The tenant has no Flatchr credentials yet."""


class ActionNotPossible(Exception):
    """It cannot be done, or Flatchr's API cannot do it; the message says why."""


class NotShownYet(ActionNotPossible):
    """The application was submitted, and Flatchr has not shown its id yet."""

    def __init__(self) -> None:
        super().__init__(Message("action_not_shown_yet"))


class StageWithoutNumber(ActionNotPossible):
    """Flatchr gave the stage no number by which an action could name it."""

    def __init__(self) -> None:
        super().__init__(Message("action_stage_without_number"))


class NotPermitted(ActionNotPossible):
    """The user's role does not allow it."""

    def __init__(self) -> None:
        super().__init__(Message("action_not_permitted"))


class NotConfirmed(ActionNotPossible):
    """It has to be asked for a second time, with `"confirmed": True` among the parameters; the
    message says what may come of it.
    """


class ActionUnderWay(ActionNotPossible):
    """Another action on the same thing has not ended: `action`."""

    def __init__(self, action: Action) -> None:
        super().__init__(Message("action_under_way"))
        self.action = action


class ActionRefused(Exception):
    """Flatchr did not take the action: nothing was changed."""

    def __init__(self, receipt: WriteResult) -> None:
        super().__init__(receipt.reason.message)
        self.receipt = receipt


class ActionUncertain(Exception):
    """The answer was lost, and Flatchr does not show the effect: it may have been done or not."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a user, a key of the API, or neither, which is Relais itself; and through what."""

    user: Any = None
    key: ApiKey | None = None
    channel: ActionChannel = ActionChannel.PAGE


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """Whether a kind of action can be asked for here; `reason` says why not.

    `notes` are to be said before it is done.
    """

    kind: ActionKind
    possible: bool
    reason: str = ""
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class StageChoice:
    """A stage that an application can be moved to. `label` tells two of one title apart;
    `asks_twice`: a move there needs `"confirmed": True`, after `confirmation` was shown.
    """

    id: str
    label: str
    position: int
    current: bool
    hired: bool
    asks_twice: bool
    confirmation: Message | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What would be done to one application: `effect`, or `reason` for why nothing would be."""

    application: Application
    possible: bool
    effect: str = ""
    reason: str = ""
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionPreview:
    """What an action would do to each of several applications.

    `notes` are said once for all of them; `confirmation` is what has to be confirmed first, with
    `"confirmed": True` among the parameters; None if nothing has to. `refusal` is why it cannot be
    started at all; blank if it can.
    """

    rows: Sequence[PreviewRow] = ()
    notes: tuple[Message, ...] = ()
    confirmation: Message | None = None
    refusal: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    """`possible` and `impossible`."""
