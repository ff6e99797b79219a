from django.db import migrations
from django.db.models import OuterRef, Subquery


def copy_back(apps, schema_editor):
    Application = apps.get_model("integrations", "Application")
    Candidate = apps.get_model("integrations", "Candidate")
    source = Application.objects.filter(
        candidate_id=OuterRef("pk"), fingerprint=OuterRef("fingerprint")
    )
    Candidate.objects.update(remote_data=Subquery(source.values("remote_data")[:1]))


class Migration(migrations.Migration):
    """A candidate's raw object, and its remote id, are those of one of its applications."""

    dependencies = [("integrations", "0017_arrival")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, copy_back),
        migrations.RemoveField("candidate", "remote_data"),
        migrations.RemoveConstraint("candidate", "candidate_remote_id"),
    ]
