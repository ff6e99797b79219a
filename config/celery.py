"""The Celery application and its schedule; a message only wakes a worker (`jobs.py`)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relais")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Every 20 seconds: a lease lasts 20 seconds, so a killed worker's run is resumed within a minute.
app.conf.beat_schedule = {
    "sweep": {"task": "integrations.tasks.sweep", "schedule": 20.0, "options": {"expires": 20}},
    "retain": {"task": "integrations.tasks.retain", "schedule": 3600.0},
}
