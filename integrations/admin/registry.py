"""Every model that has pages in the dashboard, and its admin class.

Not in the package's `__init__`: the theme loads our template tags while it is being imported, and
they use modules of this package.
"""

from __future__ import annotations

from django.contrib.auth.models import User

from integrations import models
from integrations.admin.accounts.admin import UserAdmin
from integrations.admin.actions.groups import ActionGroupAdmin
from integrations.admin.console.admin import PassthroughCallAdmin
from integrations.admin.console.failed_calls import FailedCallAdmin
from integrations.admin.exports.admin import ExportAdmin
from integrations.admin.issues.admin import IssueAdmin
from integrations.admin.records.candidates import ApplicationAdmin, CandidateAdmin
from integrations.admin.records.jobs import JobAdmin
from integrations.admin.records.stages_tags import StageAdmin, TagAdmin
from integrations.admin.runs.admin import SyncRunAdmin
from integrations.admin.site import site
from integrations.admin.submissions.admin import SubmissionAdmin
from integrations.admin.submissions.bulk_admin import BulkUploadAdmin
from integrations.admin.system.api_keys import ApiKeyAdmin
from integrations.admin.system.audit import AuditAdmin
from integrations.admin.system.custom_fields import CustomFieldAdmin
from integrations.admin.system.scope_configs import ScopeConfigAdmin
from integrations.admin.tenants.admin import TenantAdmin
from integrations.admin.tenants.links_admin import ConnectionLinkAdmin
from integrations.admin.tenants.value_maps import ValueDecisionAdmin
from integrations.admin.webhooks.admin import WebhookDeliveryAdmin, WebhookEndpointAdmin

__all__ = ["site"]

site.register(models.Integration, TenantAdmin)
site.register(models.ConnectionLink, ConnectionLinkAdmin)
site.register(models.Job, JobAdmin)
site.register(models.Candidate, CandidateAdmin)
site.register(models.Application, ApplicationAdmin)
site.register(models.ApplicationStage, StageAdmin)
site.register(models.Tag, TagAdmin)
site.register(models.SyncRun, SyncRunAdmin)
site.register(models.Issue, IssueAdmin)
site.register(models.Submission, SubmissionAdmin)
site.register(models.BulkUpload, BulkUploadAdmin)
site.register(models.ActionGroup, ActionGroupAdmin)
site.register(models.Export, ExportAdmin)
site.register(models.PassthroughCall, PassthroughCallAdmin)
site.register(models.FailedCall, FailedCallAdmin)
site.register(models.WebhookEndpoint, WebhookEndpointAdmin)
site.register(models.WebhookDelivery, WebhookDeliveryAdmin)
site.register(models.AuditEntry, AuditAdmin)
site.register(models.ApiKey, ApiKeyAdmin)
site.register(models.CustomField, CustomFieldAdmin)
site.register(models.ScopeConfig, ScopeConfigAdmin)
site.register(models.ValueDecision, ValueDecisionAdmin)
site.register(User, UserAdmin)
