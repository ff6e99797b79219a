from django.db import migrations, models


class Migration(migrations.Migration):
    """The filling of the search holds a lease like every other job."""

    dependencies = [
        ("integrations", "0020_plural_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchprogress",
            name="lease_owner",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
