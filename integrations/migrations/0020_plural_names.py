from django.db import migrations


class Migration(migrations.Migration):
    """Names of models in French are not made plural with an s. Changes no table."""

    dependencies = [
        ("integrations", "0019_newest_by_arrival"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apikey",
            options={
                "ordering": ["-created_at", "-id"],
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
            },
        ),
        migrations.AlterModelOptions(
            name="bulkupload",
            options={
                "ordering": ["-created_at", "-id"],
                "verbose_name": "bulk upload",
                "verbose_name_plural": "bulk uploads",
            },
        ),
        migrations.AlterModelOptions(
            name="integration",
            options={
                "ordering": ["organization", "id"],
                "verbose_name": "tenant",
                "verbose_name_plural": "tenants",
            },
        ),
        migrations.AlterModelOptions(
            name="passthroughcall",
            options={"ordering": ["-id"], "verbose_name": "call", "verbose_name_plural": "calls"},
        ),
        migrations.AlterModelOptions(
            name="syncrun",
            options={
                "ordering": ["-id"],
                "verbose_name": "sync run",
                "verbose_name_plural": "sync runs",
            },
        ),
    ]
