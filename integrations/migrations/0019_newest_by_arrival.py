from django.db import migrations, models

MODELS = (
    "application",
    "applicationstage",
    "candidate",
    "candidatetag",
    "job",
    "jobstage",
    "tag",
)


class Migration(migrations.Migration):
    """Lists show records that changed at one moment in the order in which they came."""

    dependencies = [("integrations", "0018_candidates_by_applications")]

    operations = [
        *(
            migrations.AlterModelOptions(name, {"ordering": ("-changed_at", "-arrival", "-id")})
            for name in MODELS
        ),
        *(migrations.RemoveIndex(name, f"{name}_newest") for name in MODELS),
        *(
            migrations.AddIndex(
                name, models.Index(fields=["changed_at", "arrival"], name=f"{name}_newest")
            )
            for name in MODELS
        ),
    ]
