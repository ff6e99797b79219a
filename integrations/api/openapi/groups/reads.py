"""The lists, and those that Flatchr has nothing for."""

from __future__ import annotations

from integrations.api.actions import update
from integrations.api.openapi.operations import Failure, Operation, OperationGroup, listed
from integrations.api.openapi.queries import of_list, of_reader
from integrations.api.openapi.records import COMPONENTS
from integrations.api.reads import users
from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.jobs import JOBS
from integrations.api.reads.listing import MOST, PAGE_SIZE
from integrations.api.reads.parameters import Parameters
from integrations.api.reads.stages_tags import STAGES, TAGS
from integrations.api.routes import UNAVAILABLE_MODELS


def _users(parameters: Parameters) -> None:
    parameters.number("page_size", PAGE_SIZE, lowest=1, highest=MOST)
    parameters.cursor()
    users.UserFilter(parameters)


READS = OperationGroup(
    "Read",
    "Lists come from Relais' own tables, so they are quick and do not depend on Flatchr being up. "
    "Records come in an order that no sync changes: a read that pages through while one writes "
    "misses and doubles nothing that was there throughout.",
    (
        Operation(
            "GET ats/jobs",
            "List jobs",
            "Flatchr's vacancies, each with its stages.",
            data=listed("Job"),
            query=of_list(JOBS),
            sdk="ats.get_jobs",
            sample_query={"page_size": 100, "statuses": ["OPEN"]},
        ),
        Operation(
            "GET ats/candidates",
            "List candidates",
            "Flatchr knows applicants only: those with the same e-mail address are one candidate "
            "here, with all of their applications.",
            data=listed("Candidate"),
            query=of_list(CANDIDATES),
            sdk="ats.get_candidates",
            sample_query={"page_size": 250},
        ),
        Operation(
            "GET ats/applications",
            "List applications",
            "Each with its candidate, stage and job.",
            data=listed("Application"),
            query=of_list(APPLICATIONS),
            sdk="ats.get_applications",
            sample_query={"outcomes": ["PENDING"]},
        ),
        Operation(
            "GET ats/application-stages",
            "List application stages",
            "The columns of the company's pipeline.",
            data=listed("ApplicationStage"),
            query=of_list(STAGES),
            sdk="ats.get_application_stages",
        ),
        Operation(
            "GET ats/tags",
            "List tags",
            "One value of a Flatchr tag is a tag here.",
            data=listed("Tag"),
            query=of_list(TAGS),
            sdk="ats.get_tags",
        ),
        Operation(
            "GET ats/users",
            "List users",
            "The members of the company. Flatchr is asked at once, as there is no copy of them "
            "here, so this counts as an action.",
            data=listed("User"),
            query=of_reader(_users),
            sdk="ats.get_users",
            live=True,
        ),
    ),
    COMPONENTS,
)

_MODELS = {
    "roles": "roles",
    "offers": "offers",
    "rejection-reasons": "rejection reasons",
    "interviews": "interviews",
    "notes": "notes",
    "scorecards": "scorecards",
    "attachments": "attachments of all candidates",
}
_ACTIONS = {
    "ats/applications/{application_id}/result-links": "Add a result link to an application",
    "ats/candidates/{candidate_id}/result-links": "Add a result link to a candidate",
    "ats/applications/{application_id}/attachments": "Add an attachment to an application",
    "ats/candidates/{candidate_id}/attachments": "Add an attachment to a candidate",
    "ats/import-tracked-application": "Import an application",
}
_NO_MODEL = Failure(400, "INTEGRATION.MODEL_NOT_AVAILABLE", "Always: Flatchr has no such model.")
_NO_ACTION = Failure(400, "INTEGRATION.ACTION_NOT_AVAILABLE", "Always: Flatchr cannot do it.")

UNAVAILABLE = OperationGroup(
    "Not available at Flatchr",
    "The unified API has these, and Flatchr's API has not. They are refused with the reason, so "
    "that an application made for several tools is told plainly.",
    (
        *(
            Operation(
                f"GET ats/{model}",
                f"List {_MODELS.get(model, model)}",
                "Flatchr's API has none.",
                failures=(_NO_MODEL,),
            )
            for model in UNAVAILABLE_MODELS
        ),
        *(
            Operation(
                f"POST {path}",
                _ACTIONS.get(path, path),
                reason,
                failures=(_NO_ACTION,),
                sample={},
            )
            for path, reason in update.UNAVAILABLE.items()
        ),
    ),
)
