"""The Celery application: a wake-up call for rows that say what is to be done."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relais")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Often enough that a killed worker's run goes on within a minute: a lease lasts 20 seconds.
app.conf.beat_schedule = {
    "sweep": {"task": "integrations.tasks.sweep", "schedule": 20.0, "options": {"expires": 20}},
    "retain": {"task": "integrations.tasks.retain", "schedule": 3600.0},
}
