from django.db import migrations, models

import integrations.models.ats

MODELS = (
    "application",
    "applicationstage",
    "candidate",
    "candidatetag",
    "job",
    "jobstage",
    "tag",
)
WALKED = ("job", "candidate", "application")
IDENTIFIED = ("candidate", "application")


class Migration(migrations.Migration):
    """Records that are there already keep one place, 0: among them ids decide, as they did."""

    dependencies = [("integrations", "0016_raw_objects_as_text")]

    operations = [
        *(
            migrations.AddField(name, "arrival", models.BigIntegerField(default=0, editable=False))
            for name in MODELS
        ),
        *(
            migrations.AlterField(
                name,
                "arrival",
                models.BigIntegerField(
                    default=integrations.models.ats.arrived_now, editable=False
                ),
            )
            for name in MODELS
        ),
        *(migrations.RemoveIndex(name, f"{name}_page") for name in WALKED),
        *(
            migrations.AddIndex(
                name,
                models.Index(fields=["integration", "arrival", "id"], name=f"{name}_page"),
            )
            for name in WALKED
        ),
        *(migrations.RemoveConstraint(name, f"{name}_remote_id") for name in IDENTIFIED),
        *(
            migrations.AddConstraint(
                name,
                models.UniqueConstraint(
                    fields=["remote_id", "integration"], name=f"{name}_remote_id"
                ),
            )
            for name in IDENTIFIED
        ),
    ]
