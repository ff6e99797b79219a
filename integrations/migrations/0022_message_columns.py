from django.db import migrations, models


class Migration(migrations.Migration):
    """Room for messages with their codes where columns held short sentences."""

    dependencies = [
        ("integrations", "0021_search_lease_owner"),
    ]

    operations = [
        migrations.AlterField(model_name, name, models.TextField(blank=True))
        for model_name, name in (
            ("bulkupload", "read_as"),
            ("export", "mail_error"),
            ("exportschedule", "stopped"),
            ("syncrun", "waiting_reason"),
        )
    ]
