"""Meta information about a candidate, for customers of Flatchr's CVthèque Premium
(`docs/flatchr-api.md §10`). Nothing reads it again, so a lost answer stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from integrations.actions.inputs import ActionNotPossible
from integrations.actions.kinds.work import Work, application_of, fingerprint
from integrations.flatchr.actions import ActionClient
from integrations.flatchr.calls import notes
from integrations.flatchr.errors import ErrorKind
from integrations.flatchr.write_result import WriteResult
from integrations.messages import Message
from integrations.models import Action, ActionKind, Application, Integration

APP_NAME = "Relais"
MOST_BYTES = 100_000


class WriteInformation(Work):
    """`{"value": a JSON object}`, which Flatchr keeps beside the candidate."""

    kind = ActionKind.INFORMATION
    shown = False

    def __init__(self, integration: Integration, given: Mapping[str, Any]) -> None:
        super().__init__(integration, given)
        value = given.get("value")
        if not isinstance(value, dict) or not value:
            raise ActionNotPossible(Message("action_information_missing"))
        if len(orjson.dumps(value)) > MOST_BYTES:
            raise ActionNotPossible(Message("action_text_too_long", count=MOST_BYTES))
        self.content = {"value": value}

    def effect(self, application: Application) -> str:  # noqa: ARG002
        return Message("action_writes_information")

    def subject(self, application: Application | None) -> str:
        of = application.candidate_id if application else ""
        return f"information:{of}:{fingerprint(self.content)}"

    def ready(self, client: ActionClient, action: Action) -> dict[str, Any]:
        """The candidate's own id, which newer clients give; older pages have the e-mail (§I.16)."""
        answer = client.applicant(application_of(action).remote_id)
        candidate = answer.get("candidate") if isinstance(answer, dict) else None
        candidate = candidate[0] if isinstance(candidate, list) and candidate else candidate
        reference = candidate.get("id") if isinstance(candidate, dict) else None
        if not isinstance(reference, str) or not reference:
            raise ActionNotPossible(Message("action_record_gone"))
        return {"reference": reference}

    def send(
        self, client: ActionClient, action: Action, about_to_send: Callable[[], None]
    ) -> WriteResult:
        information = {
            "app_name": APP_NAME,
            "reference": action.before["reference"],
            "type": "applicants",
            "value": self.content["value"],
        }
        return notes.add_information(client, information, about_to_send)

    def refused(self, action: Action, receipt: WriteResult) -> Message | None:  # noqa: ARG002
        if receipt.reason.kind in (ErrorKind.WRONG_COMPANY, ErrorKind.REFUSED):
            return Message("action_information_refused")
        return None

    def look(self, client: ActionClient, action: Action) -> bool:  # noqa: ARG002
        return False
