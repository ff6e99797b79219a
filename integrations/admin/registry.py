"""What the dashboard shows: every model that has pages, and the class that draws them.

Not in the package itself: the theme loads our template tags while it is being imported, and they
use modules of this package.
"""

from __future__ import annotations

from django.contrib.auth.models import User

from integrations import models
from integrations.admin.access import UserAdmin
from integrations.admin.api_keys import ApiKeyAdmin
from integrations.admin.bulk import BulkUploadAdmin
from integrations.admin.console import PassthroughCallAdmin
from integrations.admin.custom_fields import CustomFieldAdmin
from integrations.admin.exports import ExportAdmin
from integrations.admin.jobs import JobAdmin
from integrations.admin.links import ConnectionLinkAdmin
from integrations.admin.people import ApplicationAdmin, CandidateAdmin
from integrations.admin.pipeline import StageAdmin, TagAdmin
from integrations.admin.runs import SyncRunAdmin
from integrations.admin.site import site
from integrations.admin.submissions import SubmissionAdmin
from integrations.admin.tenants import TenantAdmin
from integrations.admin.trail import AuditAdmin
from integrations.admin.values import ValueDecisionAdmin

__all__ = ["site"]

site.register(models.Integration, TenantAdmin)
site.register(models.ConnectionLink, ConnectionLinkAdmin)
site.register(models.Job, JobAdmin)
site.register(models.Candidate, CandidateAdmin)
site.register(models.Application, ApplicationAdmin)
site.register(models.ApplicationStage, StageAdmin)
site.register(models.Tag, TagAdmin)
site.register(models.SyncRun, SyncRunAdmin)
site.register(models.Submission, SubmissionAdmin)
site.register(models.BulkUpload, BulkUploadAdmin)
site.register(models.Export, ExportAdmin)
site.register(models.PassthroughCall, PassthroughCallAdmin)
site.register(models.AuditEntry, AuditAdmin)
site.register(models.ApiKey, ApiKeyAdmin)
site.register(models.CustomField, CustomFieldAdmin)
site.register(models.ValueDecision, ValueDecisionAdmin)
site.register(User, UserAdmin)
