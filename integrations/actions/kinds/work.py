"""What each kind of action is: its parameters, what it would do, the request, and the look that
says whether Flatchr has done it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Self

from integrations.actions.inputs import ActionNotPossible, NotShownYet
from integrations.actions.lookup import is_provisional
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import Action, ActionKind, Application, Integration


class Work(ABC):
    """One kind of action with its parameters, in one tenant; the same for many applications.

    Making one checks what was `given`, the row's parameters and content together; raises
    `ActionNotPossible`.
    """

    kind: ClassVar[ActionKind]
    # Whether Flatchr shows what was done, so that a lost answer can be made good.
    shown: ClassVar[bool] = True

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:  # noqa: ARG002
        self.integration = integration
        self.parameters: dict[str, Any] = {}
        # Texts, which are kept for as long as they are needed.
        self.content: dict[str, Any] = {}

    @classmethod
    def blank(cls, integration: Integration) -> Self:
        """The kind without parameters, for what can be said of it before they are chosen."""
        work = cls.__new__(cls)
        Work.__init__(work, integration, {})
        return work

    def audited(self) -> dict[str, Any]:
        """What the audit trail keeps of the parameters, by their names for people."""
        return {}

    def check(self, application: Application | None) -> None:
        """Raise `ActionNotPossible` if it cannot be done to this application."""
        if application is None or application.remote_deleted_at is not None:
            raise ActionNotPossible(Message("action_record_gone"))
        if is_provisional(application):
            raise NotShownYet

    def check_actor(self, user: Any) -> None:  # noqa: B027
        """Raise `ActionNotPossible` if it cannot be done in the name of this user."""

    def know(self, applications: Sequence[Application]) -> None:  # noqa: B027
        """Read at once what `needless` asks of each of many applications."""

    def needless(self, application: Application | None) -> Message | None:  # noqa: ARG002
        """Why nothing has to be done, as far as the mirror shows."""
        return None

    @abstractmethod
    def effect(self, application: Application) -> str:
        """What it would do."""

    def notes(self, application: Application) -> list[Message]:  # noqa: ARG002
        """What is to be said of this application before it is done."""
        return []

    def common_notes(self) -> list[Message]:
        """What is to be said before it is done, of whatever application."""
        return []

    def confirmation(self) -> Message | None:
        """What has to be confirmed before it is done; None if nothing has to."""
        return None

    def subject(self, application: Application | None) -> str:  # noqa: ARG002
        """What may be under way once at a time; blank where there is no such limit."""
        return ""

    def before(self, application: Application | None) -> dict[str, Any]:  # noqa: ARG002
        """What is there now, by which it can be undone."""
        return {}

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:  # noqa: ARG002
        """Read what the request needs; what is returned is kept in the row's `before`.

        Raises `ActionNotPossible`, `FlatchrError`.
        """
        return {}

    @abstractmethod
    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        """Send the request once; `about_to_send` is called right before."""

    def answered(self, action: Action, receipt: WriteResult) -> dict[str, Any]:  # noqa: ARG002
        """Columns to set when Flatchr has answered, such as the id of what was made."""
        return {}

    def refused(self, action: Action, receipt: WriteResult) -> Message | None:  # noqa: ARG002
        """What is said of a refusal in place of what the table of errors has."""
        return None

    @abstractmethod
    def look(self, client: ActionClient, action: Action) -> bool:
        """Whether Flatchr shows that it was done; the mirror then shows what Flatchr does.

        Raises `FlatchrError`.
        """


def application_of(action: Action) -> Application:
    """The action's application; raises `ActionNotPossible` if there is none any more."""
    if action.application is None:
        raise ActionNotPossible(Message("action_record_gone"))
    return action.application


def fingerprint(*parts: object) -> str:
    """A short digest, for the subject of what is told apart by its texts."""
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
