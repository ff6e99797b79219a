"""What the tests of submissions on the dashboard share."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.models import Submission, SubmissionState
from tests.admin.conftest import Data
from tests.admin.submissions.making import make, with_document


@pytest.fixture
def mine(data: Data, alice: User) -> Submission:
    """A submission of alice's tenant that has succeeded, with its CV."""
    return with_document(
        make(
            data,
            state=SubmissionState.SUCCEEDED,
            created_by=alice,
            application=data.applications[0],
            candidate=data.candidates[0],
            ended_at=timezone.now(),
        )
    )
