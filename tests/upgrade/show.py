"""What an installation shows of its records: API lists, an export, and what its pages say.

Uses nothing but addresses, commands and names of models that stay, so that the code of before and
that of now can be asked alike: `python -m tests.upgrade.show KEY` prints it as JSON.
"""

from __future__ import annotations

import html
import io
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

LISTS = ("jobs", "candidates", "applications", "application-stages", "tags")
ADMIN = "/admin/integrations/"


def shown(key: str) -> dict[str, Any]:
    from django.core.management import call_command
    from django.test import Client

    from integrations.models import Integration

    tenant = Integration.objects.get()
    api = Client(headers={"authorization": f"Bearer {key}", "x-integration-id": tenant.pk})
    lists = {}
    for name in LISTS:
        answer = api.get(f"/v1/ats/{name}?page_size=250&include_deleted=true")
        assert answer.status_code == 200, answer.content
        lists[name] = answer.json()["data"]["results"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candidates.csv"
        call_command(
            "export_candidates",
            tenant.pk,
            "--output",
            str(path),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
        export = path.read_text(encoding="utf-8-sig").splitlines()
    return {"lists": lists, "export": export, "pages": pages()}


def pages() -> dict[str, dict[str, list[str]]]:
    """Of each page, in both languages, which of the texts that matter are on it."""
    from django.contrib.auth.models import User
    from django.test import Client

    from integrations.models import AuditEntry, Candidate, Export, Job, Submission, SyncRun

    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    job, candidate = Job.objects.order_by("id")[0], Candidate.objects.order_by("id")[0]
    run, submission = SyncRun.objects.get(), Submission.objects.get()
    export = Export.objects.order_by("pk")[0]
    # A pair is the same text in English and in French.
    texts: dict[str, list[Any]] = {
        "job/": [job.name for job in Job.objects.order_by("id")],
        f"job/{job.pk}/change/": [job.name, job.remote_id],
        "candidate/": [str(one) for one in Candidate.objects.order_by("id")],
        f"candidate/{candidate.pk}/change/": [str(candidate), candidate.remote_id],
        "application/": [str(one) for one in Candidate.objects.order_by("id")],
        f"syncrun/{run.pk}/change/": [
            "Mission",
            (
                "The contract type is not in the value map and was kept as Flatchr names it.",
                "Le type de contrat n’est pas dans la table de correspondance et a été gardé tel "
                "que Flatchr le nomme.",
            ),
            (
                "The record has no usable id in `applicant`.",
                "La fiche n’a pas d’identifiant utilisable dans `applicant`.",
            ),
        ],
        "submission/": ["Ines Morel"],
        f"submission/{submission.pk}/change/": [
            "Ines Morel",
            (
                "Flatchr no longer has this job. Choose another.",
                "Flatchr n’a plus cette offre. Choisissez-en une autre.",
            ),
            (
                "Flatchr cannot hold gender: it was left out.",
                "Flatchr ne peut pas enregistrer gender : cela a été laissé de côté.",
            ),
        ],
        f"export/{export.pk}/change/": ["Atelier Nord", "morel"],
        "auditentry/": ["Atelier Nord"] * bool(AuditEntry.objects.count() >= 3),
    }
    found: dict[str, dict[str, list[str]]] = {}
    for place, language in enumerate(("en", "fr")):
        for address, wanted in texts.items():
            answer = browser.get(ADMIN + address, headers={"accept-language": language})
            assert answer.status_code == 200, address
            text = _text(answer.content.decode())
            mine = [one if isinstance(one, str) else one[place] for one in wanted]
            found.setdefault(address, {})[language] = [one for one in mine if one in text]
    return found


def _text(page: str) -> str:
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(shown(sys.argv[1]), sys.stdout)
