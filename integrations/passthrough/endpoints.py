"""Every documented endpoint of Flatchr as a table (`docs/flatchr-api.md`, sections 1 to 25).

`{names}` are placeholders; `filled` replaces those that the tenant's own data answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from integrations.flatchr.client import Host
from integrations.models import Application, FlatchrCredentials, Integration, Job
from integrations.passthrough.request import is_read

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_COMPANY = "/company/{company}"
_APPLICANT = f"{_COMPANY}/applicant/{{applicant}}"
_ON_VACANCY = f"{_COMPANY}/vacancy/{{vacancy}}/applicant/{{applicant}}"
_AS_USER = "Flatchr wants a user's own sign-in for this and may refuse the API key."
_CANDIDATE = {
    "vacancy": "{vacancy_slug}",
    "firstname": "Nadia",
    "lastname": "Perrot",
    "email": "nadia.perrot@mail.example",
    "type": "link",
    "resume": "https://files.example/nadia-perrot.pdf",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: `section` of the fact sheet, what it does in one sentence, and an example of
    all that it takes. `form` are the text fields of a form, `file` the name of its file's field.
    """

    key: str
    section: int
    group: str
    method: str
    path: str
    does: str
    host: Host = "api"
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    note: str = ""


def _get(key: str, section: int, group: str, path: str, does: str, **more: Any) -> Endpoint:
    return Endpoint(key, section, group, "GET", path, does, **more)


_JOBS, _APPLICATIONS, _CANDIDATES = "Jobs", "Applications", "Candidates"
_TAGS, _NOTES, _TASKS = "Tags", "Comments and messages", "Tasks"
_COMPANY_DATA, _LISTS = "Company", "Reference lists"

ENDPOINTS: tuple[Endpoint, ...] = (
    _get("vacancies", 1, _JOBS, f"{_COMPANY}/vacancies", "Lists all jobs, published or not.",
         params={"fields": "address,tags"}),
    _get("vacancy", 2, _JOBS, "/vacancy/{vacancy}", "Shows one job.",
         params={"fields": "address,tags,questions,faqs,benefits"}),
    Endpoint("create-vacancy", 3, _JOBS, "POST", f"{_COMPANY}/vacancy",
             "Creates a job; that alone does not publish it.",
             body={"title": "Assistant RH H/F", "description": "<p>Atelier Brune</p>",
                   "mission": "<p>Paie</p>", "profile": "<p>Bac +3</p>", "experience": 2,
                   "contract_type_id": 1, "education_level_id": 5, "activity_id": 25,
                   "channel_id": 2, "metier_id": 49, "language": "fr_FR", "status": 1}),
    _get("feed", 4, _JOBS, "/company/{slug}.json", "Lists the published jobs of the career site.",
         host="careers"),
    Endpoint("search-applicants", 5, _APPLICATIONS, "POST", f"{_COMPANY}/search/applicants",
             "Finds applications, for example by e-mail; changes nothing.",
             body={"email": "nadia.perrot@mail.example"}),
    _get("applicant", 6, _APPLICATIONS, _APPLICANT,
         "Shows one application with its candidate and the key of the CV.",
         params={"fields": "candidate,vacancy,candidate.consent"}),
    Endpoint("create-candidate", 7, _CANDIDATES, "POST", "/vacancy/candidate/json",
             "Creates a candidate who applies for a job.", host="careers", body=_CANDIDATE),
    Endpoint("create-candidate-form", 7, _CANDIDATES, "POST", "/vacancy/candidate/custom",
             "Creates a candidate from a form with a file.", host="careers",
             form={"vacancy": "{vacancy_slug}", "firstname": "Nadia", "lastname": "Perrot",
                   "email": "nadia.perrot@mail.example", "type": "document"}, file="resume"),
    Endpoint("test-candidate", 7, _CANDIDATES, "POST", "/vacancy/candidate/test",
             "Checks a candidate without creating one.", host="careers", body=_CANDIDATE),
    Endpoint("move-applicant", 8, _APPLICATIONS, "PUT", _ON_VACANCY,
             "Moves an application to another stage.", body={"column_id": 0},
             note="Put the number of the stage in column_id; “Lists the stages” shows it."),
    Endpoint("archive-applicant", 9, _APPLICATIONS, "DELETE", _ON_VACANCY,
             "Archives an application; Flatchr has no way to take that back from here."),
    Endpoint("meta-information", 10, _CANDIDATES, "POST", f"{_COMPANY}/search/candidate",
             "Adds information to a candidate, found by e-mail.",
             body={"app_name": "HRTool", "reference": "nadia.perrot@mail.example",
                   "type": "applicants", "value": {"position": ["Comptable"]}},
             note="The customer needs Flatchr's paid option for this."),
    _get("cv", 11, _CANDIDATES, f"{_COMPANY}/files/expire", "Downloads a CV; at most one a second.",
         params={"key": "{cv_key}", "extension": "pdf"},
         note="“Shows one application” gives the key and the extension."),
    _get("columns", 12, _COMPANY_DATA, f"{_COMPANY}/columns", "Lists the stages of the pipeline."),
    _get("members", 13, _COMPANY_DATA, f"{_COMPANY}/members", "Lists the users of the company.",
         params={"fields": "user"}),
    _get("tags", 14, _TAGS, f"{_COMPANY}/tags", "Lists the tags of candidates and jobs."),
    _get("traits", 15, _TAGS, f"{_APPLICANT}/traits", "Lists the tags that a candidate has."),
    Endpoint("give-trait", 16, _TAGS, "POST", f"{_APPLICANT}/trait", "Gives a candidate a tag.",
             body={"tag": "{tag}", "value": "Anglais"}),
    _get("comments", 17, _NOTES, f"{_APPLICANT}/comments", "Lists the comments on an application.",
         params={"fields": "author,attachments"}),
    Endpoint("create-comment", 18, _NOTES, "POST", f"{_APPLICANT}/comment",
             "Comments on an application.",
             form={"type": "note", "text": "Bon contact", "private": "true"}, file="file",
             note=_AS_USER),
    Endpoint("delete-comment", 19, _NOTES, "DELETE", f"{_APPLICANT}/comment/{{comment}}",
             "Deletes a comment."),
    _get("messages", 20, _NOTES, f"{_APPLICANT}/messages",
         "Lists the messages to and from a candidate.",
         params={"fields": "author,replied,mail,attachments,candidate"}),
    Endpoint("create-message", 21, _NOTES, "POST", f"{_APPLICANT}/message",
             "Writes to a candidate.",
             form={"subject": "Votre candidature", "html": "<p>Bonjour Nadia</p>", "mail": "true"},
             note=_AS_USER),
    _get("tasks", 22, _TASKS, f"{_COMPANY}/tasks", "Lists the tasks."),
    Endpoint("create-task", 23, _TASKS, "POST", f"{_COMPANY}/task", "Creates a task.",
             body={"description": "Rappeler Nadia", "date": "2027-03-21T09:00:00.000Z",
                   "email": False, "value": ["applicant={applicant}"], "users": ["{user}"],
                   "memberId": "{user}"}),
    Endpoint("close-task", 24, _TASKS, "PUT", f"{_COMPANY}/task/{{task}}",
             "Marks a task as done.", body={"done": True}),
    _get("contracts", 25, _LISTS, "/contracts", "Lists the kinds of contract.",
         params={"lang": "fr"}),
    _get("activities", 25, _LISTS, "/activities", "Lists the sectors.", params={"lang": "fr"}),
    _get("channels", 25, _LISTS, "/channels", "Lists the job families.", params={"lang": "fr"}),
    _get("metiers", 25, _LISTS, "/channels/{channel}/metiers", "Lists the jobs of one family.",
         params={"lang": "fr"}),
    _get("education-levels", 25, _LISTS, "/educationLevels", "Lists the levels of education.",
         params={"lang": "fr"}),
)  # fmt: skip

BY_KEY: Mapping[str, Endpoint] = {endpoint.key: endpoint for endpoint in ENDPOINTS}


def grouped() -> list[tuple[str, list[Endpoint]]]:
    """The table by subject, in its own order."""
    groups: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        groups.setdefault(endpoint.group, []).append(endpoint)
    return list(groups.items())


def placeholders(text: str) -> list[str]:
    """The `{names}` that are still in `text`, each once."""
    return list(dict.fromkeys(f"{{{name}}}" for name in _PLACEHOLDER.findall(text)))


def filled(endpoint: Endpoint, integration: Integration) -> Endpoint:
    """`endpoint` with the tenant's keys and, for a read, the ids of some of its records.

    A request that changes something gets no record's id: its author has to name the record.
    """
    found = FlatchrCredentials.objects.filter(pk=integration.pk).first()
    known = {"company": found.company_key, "slug": found.slug} if found else {}
    if is_read(endpoint.host, endpoint.method, endpoint.path.replace("{company}", "c")):
        wanted = placeholders(f"{endpoint.path} {endpoint.params}")
        known |= _records(integration, wanted)

    def put(value: Any) -> Any:
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), value)
        if isinstance(value, dict):
            return {name: put(one) for name, one in value.items()}
        return [put(one) for one in value] if isinstance(value, list) else value

    return replace(
        endpoint,
        path=put(endpoint.path),
        params=put(dict(endpoint.params)),
        body=put(endpoint.body),
        form=put(dict(endpoint.form)),
    )


def _records(integration: Integration, wanted: list[str]) -> dict[str, str]:
    """The Flatchr id of any one record of each kind that is wanted and exists."""
    kinds: dict[str, Any] = {"vacancy": Job, "applicant": Application}
    known = {}
    for name, model in kinds.items():
        if f"{{{name}}}" not in wanted:
            continue
        rows = model._default_manager.filter(integration=integration, remote_deleted_at=None)
        for remote_id in rows.order_by().values_list("remote_id", flat=True)[:1]:
            known[name] = str(remote_id)
    return known
