import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import integrations.enumerations
import integrations.ids
import integrations.models.access
import integrations.models.ats
import integrations.models.fields
import integrations.models.submissions
from django.conf import settings
from django.db import migrations, models

from integrations.migrations._database_objects import (
    guard_audit_trail,
    index_words,
    unguard_audit_trail,
)


class Migration(migrations.Migration):
    """The tables as the first 25 migrations leave them, for a new database.

    A database that has some of the 25 goes on with these.
    """

    replaces = [
        ("integrations", "0001_initial"),
        ("integrations", "0002_submissions"),
        ("integrations", "0003_bulk_uploads"),
        ("integrations", "0004_api_keys"),
        ("integrations", "0005_passthrough_calls"),
        ("integrations", "0006_taking_data_away"),
        ("integrations", "0007_connection_links"),
        ("integrations", "0008_custom_fields"),
        ("integrations", "0009_value_and_hold_decisions"),
        ("integrations", "0010_search_and_changes"),
        ("integrations", "0011_tenant_figures"),
        ("integrations", "0012_people"),
        ("integrations", "0013_language_choice"),
        ("integrations", "0014_language_of_schedules"),
        ("integrations", "0015_scopes"),
        ("integrations", "0016_raw_objects_as_text"),
        ("integrations", "0017_arrival"),
        ("integrations", "0018_candidates_by_applications"),
        ("integrations", "0019_newest_by_arrival"),
        ("integrations", "0020_plural_names"),
        ("integrations", "0021_search_lease_owner"),
        ("integrations", "0022_message_columns"),
        ("integrations", "0023_message_codes"),
        ("integrations", "0024_process_heartbeats"),
        ("integrations", "0025_tenant_states"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Integration",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        default=integrations.ids.new_integration_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization", models.CharField(max_length=200)),
                (
                    "environment",
                    models.CharField(
                        choices=[
                            ("production", "Production"),
                            ("demo", "Flatchr demo"),
                            ("sandbox", "Local sandbox"),
                        ],
                        default="production",
                        max_length=12,
                    ),
                ),
                (
                    "origin_id",
                    models.CharField(
                        blank=True,
                        help_text="Your own identifier of this customer.",
                        max_length=200,
                        verbose_name="origin ID",
                    ),
                ),
                (
                    "contact_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="contact e-mail"),
                ),
                (
                    "enabled",
                    models.BooleanField(
                        default=True,
                        help_text="A disabled tenant keeps its data and is no longer synchronised.",
                    ),
                ),
                (
                    "full_interval",
                    models.PositiveIntegerField(
                        default=600,
                        help_text="Minutes between full syncs, which read everything and find deletions.",
                        validators=[django.core.validators.MinValueValidator(15)],
                        verbose_name="full sync every",
                    ),
                ),
                (
                    "delta_interval",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="Minutes between delta syncs, which read what has changed.",
                        validators=[django.core.validators.MinValueValidator(5)],
                        verbose_name="delta sync every",
                    ),
                ),
                ("next_full_at", models.DateTimeField(editable=False, null=True)),
                ("next_delta_at", models.DateTimeField(editable=False, null=True)),
                ("applicants_read_at", models.DateTimeField(editable=False, null=True)),
                ("credentials_invalid_at", models.DateTimeField(editable=False, null=True)),
                ("scopes_changed_at", models.DateTimeField(editable=False, null=True)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "tenant",
                "verbose_name_plural": "tenants",
                "ordering": ["organization", "id"],
                "indexes": [
                    models.Index(fields=["next_full_at"], name="integration_next_full"),
                    models.Index(fields=["next_delta_at"], name="integration_next_delta"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActionSlot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(help_text="Who uses it, and what for.", max_length=100)),
                ("prefix", integrations.models.fields.IdField(editable=False, max_length=16)),
                (
                    "key_hash",
                    integrations.models.fields.IdField(editable=False, max_length=64, unique=True),
                ),
                ("every_tenant", models.BooleanField(default=False)),
                ("read_only", models.BooleanField(default=False)),
                (
                    "passthrough_methods",
                    models.JSONField(blank=True, default=integrations.models.access.reading_only),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "integrations",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to="integrations.integration",
                        verbose_name="tenants",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ApplicationStage",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                ("name", models.TextField(null=True)),
                ("position", models.IntegerField(default=0)),
                ("visible", models.BooleanField(default=True)),
                ("hired", models.BooleanField(default=False)),
                ("remote_data", models.JSONField(null=True)),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["changed_at", "arrival"], name="applicationstage_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "remote_id"), name="applicationstage_remote_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                ("first_name", models.TextField(null=True)),
                ("last_name", models.TextField(null=True)),
                ("email_addresses", models.JSONField(default=list)),
                ("phone_numbers", models.JSONField(default=list)),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["changed_at", "arrival"], name="candidate_newest"),
                    models.Index(fields=["integration", "arrival", "id"], name="candidate_page"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                ("vacancy_id", models.BigIntegerField(null=True)),
                ("slug", models.TextField(null=True)),
                ("name", models.TextField(null=True)),
                ("description", models.TextField(null=True)),
                ("employment_type", models.TextField(null=True)),
                ("status", models.TextField(null=True)),
                ("visibility", models.TextField(null=True)),
                ("category", models.TextField(null=True)),
                ("department", models.TextField(null=True)),
                ("post_url", models.TextField(null=True)),
                ("experience_level", models.TextField(null=True)),
                ("remote_work_status", models.TextField(null=True)),
                ("salary_amount", models.FloatField(null=True)),
                ("salary_amount_from", models.FloatField(null=True)),
                ("salary_amount_to", models.FloatField(null=True)),
                ("salary_currency", models.TextField(null=True)),
                ("salary_period", models.TextField(null=True)),
                ("location", models.JSONField(null=True)),
                ("custom_fields", models.JSONField(default=dict)),
                ("integration_fields", models.JSONField(default=list)),
                ("opened_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("remote_created_at", models.DateTimeField(null=True)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("remote_data", models.JSONField(null=True)),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["changed_at", "arrival"], name="job_newest"),
                    models.Index(fields=["integration", "vacancy_id"], name="job_vacancy_id"),
                    models.Index(fields=["integration", "arrival", "id"], name="job_page"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "remote_id"), name="job_remote_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="applications",
                        to="integrations.job",
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="applications",
                        to="integrations.candidate",
                    ),
                ),
                (
                    "current_stage",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="applications",
                        to="integrations.applicationstage",
                    ),
                ),
                (
                    "outcome",
                    models.TextField(
                        choices=[
                            (integrations.enumerations.Outcome["PENDING"], "Pending"),
                            (integrations.enumerations.Outcome["HIRED"], "Hired"),
                            (integrations.enumerations.Outcome["DECLINED"], "Declined"),
                        ],
                        null=True,
                    ),
                ),
                ("remote_created_at", models.DateTimeField(null=True)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("person_key", integrations.models.fields.IdField(blank=True, max_length=254)),
                ("remote_data", integrations.models.fields.RawObjectField(null=True)),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["changed_at", "arrival"], name="application_newest"),
                    models.Index(
                        condition=models.Q(("person_key", ""), _negated=True),
                        fields=["person_key"],
                        name="application_person",
                    ),
                    models.Index(fields=["integration", "arrival", "id"], name="application_page"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("remote_id", "integration"), name="application_remote_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("what", models.CharField(max_length=40)),
                ("user_id", models.BigIntegerField(null=True)),
                ("key_prefix", integrations.models.fields.IdField(blank=True, max_length=16)),
                ("who", models.CharField(blank=True, max_length=150)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("integration_id", integrations.models.fields.IdField(blank=True, max_length=40)),
                ("tenant", models.CharField(blank=True, max_length=200)),
                ("object_kind", models.CharField(blank=True, max_length=40)),
                ("object_id", models.CharField(blank=True, max_length=64)),
                ("object_name", models.CharField(blank=True, max_length=200)),
                ("details", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit trail",
                "ordering": ["-id"],
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["integration_id", "-id"], name="audit_tenant"),
                    models.Index(fields=["user_id", "-id"], name="audit_user"),
                    models.Index(fields=["what", "-id"], name="audit_what"),
                    models.Index(fields=["at"], name="audit_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditPurge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("before", models.DateTimeField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="BulkUpload",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        default=integrations.ids.random_id,
                        editable=False,
                        max_length=24,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bulk_uploads",
                        to="integrations.integration",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("CHECKING", "Being checked"),
                            ("REFUSED", "Cannot be used"),
                            ("READY", "Waiting for you"),
                            ("QUEUEING", "Being queued"),
                            ("SENDING", "Being sent"),
                            ("DONE", "Done"),
                            ("CANCELLED", "Cancelled"),
                            ("ABANDONED", "Given up"),
                        ],
                        default="CHECKING",
                        max_length=9,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("emptied_at", models.DateTimeField(null=True)),
                (
                    "sheet",
                    models.FileField(
                        null=True,
                        storage=integrations.models.submissions.private_files,
                        upload_to="",
                    ),
                ),
                ("sheet_name", models.CharField(max_length=200)),
                ("sheet_size", models.PositiveIntegerField(default=0, help_text="Bytes.")),
                (
                    "archive",
                    models.FileField(
                        null=True,
                        storage=integrations.models.submissions.private_files,
                        upload_to="",
                    ),
                ),
                ("archive_name", models.CharField(blank=True, max_length=200)),
                ("archive_size", models.PositiveIntegerField(default=0, help_text="Bytes.")),
                ("read_as", integrations.models.fields.MessageField(blank=True)),
                ("notes", integrations.models.fields.MessagesField(default=list)),
                ("refusal", integrations.models.fields.MessageField(blank=True)),
                ("total", models.PositiveIntegerField(default=0)),
                ("checked", models.PositiveIntegerField(default=0)),
                ("again", models.BooleanField(default=False)),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_expires_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "bulk upload",
                "verbose_name_plural": "bulk uploads",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="bulk_newest"),
                    models.Index(fields=["state", "lease_expires_at"], name="bulk_stale"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        default=integrations.ids.random_id,
                        editable=False,
                        max_length=24,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submissions",
                        to="integrations.integration",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("CANDIDATE", "Candidate"), ("APPLICATION", "Application")],
                        default="CANDIDATE",
                        max_length=11,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("FORM", "Form"),
                            ("API", "API"),
                            ("BULK", "Bulk upload"),
                            ("COMMAND", "Command line"),
                        ],
                        default="FORM",
                        max_length=7,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("CHECKED", "Checked"),
                            ("QUEUED", "Queued"),
                            ("SENDING", "Sending"),
                            ("SUCCEEDED", "Succeeded"),
                            ("FAILED", "Failed"),
                            ("UNCERTAIN", "Uncertain"),
                        ],
                        default="DRAFT",
                        max_length=9,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "queued_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "cancelled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("edited_at", models.DateTimeField(auto_now_add=True)),
                ("queued_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="submissions",
                        to="integrations.job",
                    ),
                ),
                ("first_name", models.TextField(blank=True)),
                ("last_name", models.TextField(blank=True)),
                ("email_address", models.TextField(blank=True, verbose_name="e-mail address")),
                ("phone_number", models.TextField(blank=True)),
                ("person_key", integrations.models.fields.IdField(blank=True, max_length=254)),
                ("cover_letter", models.TextField(blank=True)),
                ("answers", models.JSONField(blank=True, default=list)),
                ("urls", models.JSONField(blank=True, default=dict)),
                (
                    "offerer_id",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="offerer ID"
                    ),
                ),
                ("user_key", models.TextField(blank=True)),
                ("source_written", models.BooleanField(null=True)),
                (
                    "document",
                    models.FileField(
                        blank=True,
                        null=True,
                        storage=integrations.models.submissions.private_files,
                        upload_to="",
                    ),
                ),
                ("document_name", models.CharField(blank=True, max_length=100)),
                (
                    "document_type",
                    models.CharField(blank=True, max_length=100, verbose_name="content type"),
                ),
                ("document_size", models.PositiveIntegerField(help_text="Bytes.", null=True)),
                ("document_sha256", models.CharField(blank=True, max_length=64)),
                ("document_url", models.TextField(blank=True)),
                ("warnings", integrations.models.fields.MessagesField(blank=True, default=list)),
                ("replacements", models.JSONField(blank=True, default=list)),
                ("idempotency_key", integrations.models.fields.IdField(blank=True, max_length=255)),
                (
                    "again",
                    models.BooleanField(
                        default=False,
                        help_text="Submit although the person has applied for this job already.",
                    ),
                ),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_expires_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("settle_at", models.DateTimeField(null=True)),
                ("known_applicants", models.JSONField(blank=True, default=list)),
                (
                    "application",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="submissions",
                        to="integrations.application",
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="submissions",
                        to="integrations.candidate",
                    ),
                ),
                ("error_kind", models.CharField(blank=True, max_length=40)),
                ("error_message", integrations.models.fields.MessageField(blank=True)),
                ("error_detail", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="submission_newest"),
                    models.Index(fields=["integration", "state"], name="submission_state"),
                    models.Index(fields=["integration", "person_key"], name="submission_person"),
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="submission_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["QUEUED", "SENDING", "UNCERTAIN"])),
                        fields=("integration", "job", "person_key"),
                        name="one_live_submission_each",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("idempotency_key", ""), _negated=True),
                        fields=("integration", "idempotency_key"),
                        name="one_submission_per_idempotency_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="integrations.bulkupload",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("values", models.JSONField(default=dict)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("OK", "Good"),
                            ("WARNING", "Warning"),
                            ("APPLIED", "Applied already"),
                            ("ERROR", "Error"),
                        ],
                        max_length=7,
                    ),
                ),
                ("findings", integrations.models.fields.MessagesField(default=list)),
                ("to_send", models.JSONField(default=list)),
                (
                    "job",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.job",
                    ),
                ),
                (
                    "applied",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.application",
                    ),
                ),
                ("cv", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("QUEUED", "Queued"),
                            ("LEFT_OUT", "Left out"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="WAITING",
                        max_length=9,
                    ),
                ),
                ("message", integrations.models.fields.MessageField(blank=True)),
                (
                    "submission",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="bulk_rows",
                        to="integrations.submission",
                    ),
                ),
            ],
            options={
                "ordering": ["upload", "number"],
                "indexes": [
                    models.Index(fields=["upload", "state", "number"], name="bulk_row_next")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("upload", "number"), name="one_row_each")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                ("name", models.TextField(null=True)),
                ("parent_id", models.CharField(blank=True, max_length=200)),
                ("discovered", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [models.Index(fields=["changed_at", "arrival"], name="tag_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "remote_id"), name="tag_remote_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CandidateTag",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="candidate_tags",
                        to="integrations.candidate",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="candidate_tags",
                        to="integrations.tag",
                    ),
                ),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["changed_at", "arrival"], name="candidatetag_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "remote_id"), name="candidatetag_remote_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ColumnSet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("candidate", "Candidates"),
                            ("job", "Jobs"),
                            ("application", "Applications"),
                        ],
                        max_length=11,
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("columns", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "kind", "name"), name="one_column_set_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConnectionLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_hash",
                    integrations.models.fields.IdField(editable=False, max_length=64, unique=True),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("connect", "Connect"),
                            ("relink", "Reconnect"),
                            ("setup", "Set up"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="integrations.integration",
                    ),
                ),
                ("organization", models.CharField(max_length=200)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                ("origin_id", models.CharField(blank=True, max_length=200)),
                (
                    "environment",
                    models.CharField(
                        choices=[
                            ("production", "Production"),
                            ("demo", "Flatchr demo"),
                            ("sandbox", "Local sandbox"),
                        ],
                        max_length=12,
                    ),
                ),
                ("tool", models.CharField(default="flatchr", max_length=40)),
                ("language", models.CharField(blank=True, max_length=2)),
                ("maps_fields", models.BooleanField(default=False)),
                ("scope_choices", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "created_by_key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.apikey",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "exchange_hash",
                    integrations.models.fields.IdField(editable=False, max_length=64, unique=True),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "tries_since",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CustomField",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        default=integrations.ids.random_id,
                        editable=False,
                        max_length=24,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[("ats_jobs", "Jobs")], default="ats_jobs", max_length=32
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z][A-Za-z0-9_]*\\Z",
                                "Use letters without accents, digits and underscores, and begin with a letter: cost_centre.",
                            )
                        ],
                    ),
                ),
                ("label", models.CharField(max_length=100)),
                ("description", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["label", "key"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("key"),
                        models.F("model"),
                        name="one_custom_field_each",
                        violation_error_message="There is a custom field with this key already. Choose another key.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON")],
                        default="csv",
                        max_length=8,
                    ),
                ),
                (
                    "delimiter",
                    models.CharField(
                        choices=[(",", "Comma"), (";", "Semicolon"), ("\t", "Tab")],
                        default=",",
                        max_length=1,
                    ),
                ),
                (
                    "date_format",
                    models.CharField(
                        choices=[("iso", "2026-03-31"), ("dmy", "31/03/2026")],
                        default="iso",
                        max_length=3,
                    ),
                ),
                ("bom", models.BooleanField(default=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("candidate", "Candidates"),
                            ("job", "Jobs"),
                            ("application", "Applications"),
                        ],
                        default="candidate",
                        max_length=11,
                    ),
                ),
                ("columns", models.JSONField(default=list)),
                ("filters", models.TextField(blank=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="export_schedules",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="export_schedules",
                        to="integrations.integration",
                    ),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[("DAY", "Every day"), ("WEEK", "Every Monday")],
                        default="WEEK",
                        max_length=4,
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=8)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("next_at", models.DateTimeField(db_index=True, null=True)),
                ("stopped", integrations.models.fields.MessageField(blank=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON")],
                        default="csv",
                        max_length=8,
                    ),
                ),
                (
                    "delimiter",
                    models.CharField(
                        choices=[(",", "Comma"), (";", "Semicolon"), ("\t", "Tab")],
                        default=",",
                        max_length=1,
                    ),
                ),
                (
                    "date_format",
                    models.CharField(
                        choices=[("iso", "2026-03-31"), ("dmy", "31/03/2026")],
                        default="iso",
                        max_length=3,
                    ),
                ),
                ("bom", models.BooleanField(default=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("candidate", "Candidates"),
                            ("job", "Jobs"),
                            ("application", "Applications"),
                        ],
                        default="candidate",
                        max_length=11,
                    ),
                ),
                ("columns", models.JSONField(default=list)),
                ("filters", models.TextField(blank=True)),
                (
                    "integration",
                    models.ForeignKey(
                        help_text="Empty when the export spans several tenants.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="integrations.integration",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exports",
                        to="integrations.exportschedule",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("STREAMED", "Downloaded at once"),
                            ("QUEUED", "Waiting"),
                            ("RUNNING", "Being written"),
                            ("DONE", "Ready"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="STREAMED",
                        max_length=9,
                    ),
                ),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("rows", models.PositiveIntegerField(null=True)),
                ("expected", models.PositiveIntegerField(null=True)),
                ("written", models.PositiveIntegerField(default=0)),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_expires_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", integrations.models.fields.MessageField(blank=True)),
                ("file", models.CharField(blank=True, max_length=100)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.", null=True)),
                ("tenants", models.JSONField(default=list)),
                ("expires_at", models.DateTimeField(null=True)),
                ("mail_due_at", models.DateTimeField(null=True)),
                ("mail_attempts", models.PositiveIntegerField(default=0)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("mail_error", integrations.models.fields.MessageField(blank=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["state", "lease_expires_at"], name="export_stale"),
                    models.Index(fields=["mail_due_at"], name="export_mail_due"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportPreference",
            fields=[
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON")],
                        default="csv",
                        max_length=8,
                    ),
                ),
                (
                    "delimiter",
                    models.CharField(
                        choices=[(",", "Comma"), (";", "Semicolon"), ("\t", "Tab")],
                        default=",",
                        max_length=1,
                    ),
                ),
                (
                    "date_format",
                    models.CharField(
                        choices=[("iso", "2026-03-31"), ("dmy", "31/03/2026")],
                        default="iso",
                        max_length=3,
                    ),
                ),
                ("bom", models.BooleanField(default=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FieldMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "custom_field",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mappings",
                        to="integrations.customfield",
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="field_mappings",
                        to="integrations.integration",
                    ),
                ),
                ("integration_field", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("custom_field", "integration"), name="one_mapping_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FlatchrCredentials",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="credentials",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                ("api_key", integrations.models.fields.EncryptedTextField(verbose_name="API key")),
                ("company_key", models.CharField(max_length=64)),
                ("slug", models.CharField(max_length=100, verbose_name="career site slug")),
                ("key_expires_at", models.DateTimeField(editable=False, null=True)),
                (
                    "checked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last checked"),
                ),
            ],
            options={
                "verbose_name": "Flatchr credentials",
                "verbose_name_plural": "Flatchr credentials",
            },
        ),
        migrations.CreateModel(
            name="FlatchrSettings",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="flatchr_settings",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                (
                    "offerer_id",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="The source that Flatchr gave you: candidates submitted here are filed under it.",
                        null=True,
                        verbose_name="offerer ID",
                    ),
                ),
                (
                    "user_key",
                    models.CharField(
                        blank=True,
                        help_text="The Flatchr user to whom submitted candidates are attributed.",
                        max_length=64,
                    ),
                ),
                (
                    "trait_budget",
                    models.PositiveIntegerField(
                        default=500,
                        help_text="Flatchr gives a candidate's tags one applicant at a time.",
                        verbose_name="candidate tag requests per sync",
                    ),
                ),
                ("integration_fields", models.JSONField(blank=True, default=list)),
                ("scope_choices", models.JSONField(blank=True, default=dict, editable=False)),
                ("scope_opt_outs", models.JSONField(blank=True, default=list, editable=False)),
                (
                    "api_remote_data",
                    models.BooleanField(default=False, verbose_name="raw objects in the API"),
                ),
                (
                    "api_only_created",
                    models.BooleanField(
                        default=False, verbose_name="only created applications in the API"
                    ),
                ),
            ],
            options={
                "verbose_name": "Flatchr settings",
                "verbose_name_plural": "Flatchr settings",
            },
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="integrations.integration",
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[("FULL", "Full"), ("DELTA", "Delta")], default="FULL", max_length=5
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("MANUAL", "By hand"),
                            ("COMMAND", "Command line"),
                            ("SCHEDULE", "Schedule"),
                            ("CONNECT", "First sync"),
                            ("API", "API"),
                        ],
                        default="MANUAL",
                        max_length=8,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("RUNNING", "Running"),
                            ("SUCCEEDED", "Succeeded"),
                            ("PARTIALLY_FAILED", "Partially failed"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                            ("TIMED_OUT", "Timed out"),
                            ("AUTHENTICATION_FAILED", "Authentication failed"),
                        ],
                        default="QUEUED",
                        max_length=21,
                    ),
                ),
                ("queued_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_expires_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("cancel_requested_at", models.DateTimeField(null=True)),
                (
                    "phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("jobs", "Jobs"),
                            ("application_stages", "Application stages"),
                            ("job_stages", "Job stages"),
                            ("candidates", "Candidates"),
                            ("applications", "Applications"),
                            ("tags", "Tags"),
                            ("candidate_tags", "Candidate tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("waiting_until", models.DateTimeField(null=True)),
                ("waiting_reason", integrations.models.fields.MessageField(blank=True)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("error_kind", models.CharField(blank=True, max_length=40)),
                ("error_message", integrations.models.fields.MessageField(blank=True)),
                ("error_detail", models.TextField(blank=True)),
            ],
            options={
                "verbose_name": "sync run",
                "verbose_name_plural": "sync runs",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["integration", "-id"], name="run_newest"),
                    models.Index(fields=["state", "lease_expires_at"], name="run_stale"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["QUEUED", "RUNNING"])),
                        fields=("integration",),
                        name="one_live_run_each",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HeldDeletion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="held_deletions",
                        to="integrations.syncrun",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("jobs", "Jobs"),
                            ("application_stages", "Application stages"),
                            ("job_stages", "Job stages"),
                            ("candidates", "Candidates"),
                            ("applications", "Applications"),
                            ("tags", "Tags"),
                            ("candidate_tags", "Candidate tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("record_id", models.CharField(max_length=24)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "model", "record_id"), name="held_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HoldDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hold_decision",
                        to="integrations.syncrun",
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[("CONFIRMED", "Confirmed"), ("KEPT", "Kept")], max_length=9
                    ),
                ),
                ("records", models.PositiveIntegerField(default=0)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="HttpExchange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=32, unique=True)),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchanges",
                        to="integrations.integration",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchanges",
                        to="integrations.syncrun",
                    ),
                ),
                ("started_at", models.DateTimeField(db_index=True)),
                ("method", models.CharField(max_length=8)),
                ("host", models.CharField(max_length=255)),
                ("path", models.TextField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                ("duration", models.FloatField(help_text="Seconds.", null=True)),
                ("bytes_received", models.PositiveBigIntegerField(default=0)),
                ("request_headers", models.JSONField(default=dict)),
                ("request_body", models.TextField(blank=True)),
                ("response_headers", models.JSONField(default=dict)),
                ("response_body", models.TextField(blank=True)),
                ("error", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="JobStage",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        max_length=24, primary_key=True, serialize=False
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("remote_id", integrations.models.fields.IdField(max_length=400)),
                (
                    "arrival",
                    models.BigIntegerField(
                        default=integrations.models.ats.arrived_now, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("fingerprint", models.BinaryField(null=True)),
                ("content_hash", models.BinaryField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="job_stages",
                        to="integrations.job",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="job_stages",
                        to="integrations.applicationstage",
                    ),
                ),
                ("index", models.IntegerField()),
            ],
            options={
                "ordering": ("-changed_at", "-arrival", "-id"),
                "abstract": False,
                "indexes": [models.Index(fields=["changed_at", "arrival"], name="jobstage_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "remote_id"), name="jobstage_remote_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LanguageChoice",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("language", models.CharField(max_length=8)),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tenant_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="integrations.integration",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("operator", "Operator"),
                            ("manager", "Manager"),
                        ],
                        default="operator",
                        max_length=16,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "integration"), name="one_membership_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="integrations.syncrun",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("jobs", "Jobs"),
                            ("application_stages", "Application stages"),
                            ("job_stages", "Job stages"),
                            ("candidates", "Candidates"),
                            ("applications", "Applications"),
                            ("tags", "Tags"),
                            ("candidate_tags", "Candidate tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("seen", models.PositiveIntegerField(default=0)),
                ("created", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("deleted", models.PositiveIntegerField(default=0)),
                ("restored", models.PositiveIntegerField(default=0)),
                ("held", models.PositiveIntegerField(default=0)),
                ("quarantined", models.PositiveIntegerField(default=0)),
                ("complete", models.BooleanField(default=False)),
                ("error_kind", models.CharField(blank=True, max_length=40)),
                ("error_message", integrations.models.fields.MessageField(blank=True)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "model"), name="one_result_each")
                ],
            },
        ),
        migrations.CreateModel(
            name="PassthroughCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passthrough_calls",
                        to="integrations.integration",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "api_key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.apikey",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("method", models.CharField(max_length=8)),
                (
                    "host",
                    models.CharField(
                        choices=[("api", "API"), ("careers", "Career site")], max_length=8
                    ),
                ),
                ("path", models.TextField()),
                ("params", models.JSONField(default=dict)),
                ("headers", models.JSONField(default=dict)),
                (
                    "body_kind",
                    models.CharField(
                        choices=[
                            ("NONE", "None"),
                            ("JSON", "JSON"),
                            ("FORM", "Form"),
                            ("TEXT", "Text"),
                        ],
                        default="NONE",
                        max_length=4,
                    ),
                ),
                ("body", models.TextField(blank=True)),
                ("body_cut", models.BooleanField(default=False)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("duration", models.FloatField(null=True)),
                ("bytes_received", models.PositiveBigIntegerField(default=0)),
                ("error", integrations.models.fields.MessageField(blank=True)),
            ],
            options={
                "verbose_name": "call",
                "verbose_name_plural": "calls",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["integration", "-id"], name="passthrough_newest")],
            },
        ),
        migrations.CreateModel(
            name="PreparedCall",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        default=integrations.ids.random_id,
                        editable=False,
                        max_length=24,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("asked", models.JSONField()),
                ("file", models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProcessHeartbeat",
            fields=[
                (
                    "id",
                    integrations.models.fields.IdField(
                        editable=False, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("WORKER", "Worker"), ("SCHEDULER", "Scheduler")], max_length=9
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
                ("queues", models.JSONField(default=list)),
                ("version", models.CharField(max_length=40)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(db_index=True)),
                ("clock_ahead", models.FloatField(null=True)),
            ],
            options={
                "ordering": ["kind", "host", "pid"],
            },
        ),
        migrations.CreateModel(
            name="QuarantinedRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quarantined",
                        to="integrations.syncrun",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("jobs", "Jobs"),
                            ("application_stages", "Application stages"),
                            ("job_stages", "Job stages"),
                            ("candidates", "Candidates"),
                            ("applications", "Applications"),
                            ("tags", "Tags"),
                            ("candidate_tags", "Candidate tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("remote_id", models.CharField(blank=True, max_length=400)),
                ("reason", integrations.models.fields.MessageField()),
                ("raw", models.TextField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RecordChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("jobs", "Jobs"),
                            ("application_stages", "Application stages"),
                            ("job_stages", "Job stages"),
                            ("candidates", "Candidates"),
                            ("applications", "Applications"),
                            ("tags", "Tags"),
                            ("candidate_tags", "Candidate tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("record_id", integrations.models.fields.IdField(max_length=24)),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                ("fields", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["record_id", "model", "-id"], name="change_of_record")
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestBudget",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                ("tokens", models.FloatField()),
                ("refilled_at", models.DateTimeField()),
                ("next_file_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RequestWindow",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="integrations.apikey",
                    ),
                ),
                ("started_at", models.BigIntegerField()),
                ("used", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("C", "Candidate"), ("J", "Job")], max_length=1),
                ),
                ("record_id", integrations.models.fields.IdField(max_length=24)),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("words", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "record_id"), name="one_search_entry_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchProgress",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_progress",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                ("until", models.DateTimeField(null=True)),
                ("through_run", models.BigIntegerField(default=0)),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_expires_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.apikey",
                    ),
                ),
                ("route", models.CharField(max_length=100)),
                ("idempotency_key", integrations.models.fields.IdField(max_length=255)),
                ("request_hash", models.CharField(max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.BinaryField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "route", "idempotency_key"),
                        name="one_answer_per_idempotency_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SubmissionAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log",
                        to="integrations.submission",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("CHECK", "Check"), ("LOOKUP", "Look-up"), ("SEND", "Send")],
                        max_length=6,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("duration", models.FloatField(help_text="Seconds.", null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("request", models.JSONField(default=dict)),
                ("response", models.TextField(blank=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("not_sent", "Nothing was sent"),
                            ("unknown", "May have arrived"),
                            ("found", "Found"),
                            ("not_found", "Not found"),
                            ("failed", "Failed"),
                        ],
                        max_length=9,
                    ),
                ),
                ("error", integrations.models.fields.MessageField(blank=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="SyncWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warnings",
                        to="integrations.syncrun",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("jobs", "Jobs"),
                            ("application_stages", "Application stages"),
                            ("job_stages", "Job stages"),
                            ("candidates", "Candidates"),
                            ("applications", "Applications"),
                            ("tags", "Tags"),
                            ("candidate_tags", "Candidate tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("count", models.PositiveIntegerField(default=0)),
                ("examples", integrations.models.fields.MessagesField(default=list)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "model", "code"), name="one_warning_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TenantFigures",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="figures",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                ("counted_at", models.DateTimeField()),
                ("through_run", models.BigIntegerField(null=True)),
                ("open_jobs", models.PositiveIntegerField(default=0)),
                ("candidates", models.PositiveIntegerField(default=0)),
                ("applications", models.PositiveIntegerField(default=0)),
                ("in_progress", models.PositiveIntegerField(default=0)),
                ("hired", models.PositiveIntegerField(default=0)),
                ("declined", models.PositiveIntegerField(default=0)),
                ("weeks", models.JSONField(default=list)),
                ("stages", models.JSONField(default=list)),
                ("full_seconds", models.FloatField(null=True)),
            ],
            options={
                "verbose_name": "tenant's figures",
                "verbose_name_plural": "tenants' figures",
            },
        ),
        migrations.CreateModel(
            name="TenantState",
            fields=[
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stored_state",
                        serialize=False,
                        to="integrations.integration",
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(db_index=True)),
                ("assessed_at", models.DateTimeField()),
                ("outdated_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="TraitReading",
            fields=[
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="trait_reading",
                        serialize=False,
                        to="integrations.application",
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.integration",
                    ),
                ),
                ("read_at", models.DateTimeField()),
                ("tags", models.JSONField(default=list)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["integration", "read_at"], name="trait_reading_oldest")
                ],
            },
        ),
        migrations.CreateModel(
            name="ValueDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="value_decisions",
                        to="integrations.integration",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contract", "Contract types"),
                            ("status", "Job statuses"),
                            ("country", "Countries"),
                        ],
                        max_length=8,
                    ),
                ),
                ("value", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=400)),
                ("unified", models.CharField(max_length=20)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "value decision",
                "ordering": ["kind", "key", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "kind", "key"), name="one_decision_for_a_tenant"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("integration", None)),
                        fields=("kind", "key"),
                        name="one_decision_for_all_tenants",
                    ),
                ],
            },
        ),
        migrations.RunPython(index_words, migrations.RunPython.noop),
        migrations.RunPython(guard_audit_trail, unguard_audit_trail),
    ]
