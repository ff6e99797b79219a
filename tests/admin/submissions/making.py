"""Submissions made without the service, and the addresses of their pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from integrations.models import Submission
from tests.admin.conftest import Data

LogIn = Callable[[User], Client]
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
ACTIONS = ("submit", "retry", "cancel")


def page_of(submission: Submission, page: str) -> str:
    return reverse(f"admin:integrations_submission_{page}", args=[submission.pk])


def make(data: Data, **fields: Any) -> Submission:
    """A submission of Nadia Perrot for the tenant's first job."""
    return Submission.objects.create(
        **{
            "integration": data.tenant,
            "job": data.jobs[0],
            "first_name": "Nadia",
            "last_name": f"Perrot {data.tenant}",
            "email_address": "nadia.perrot@mail.example",
            "person_key": "nadia.perrot@mail.example",
            **fields,
        }
    )


def with_document(submission: Submission) -> Submission:
    submission.document_name, submission.document_type = "cv perrot.pdf", "application/pdf"
    submission.document_size = len(PDF)
    submission.document.save("cv", ContentFile(PDF))
    return submission
