"""How long the files of exports are kept; that there was one, and of what, stays."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from integrations import jobs
from integrations.exports import files
from integrations.models import LIVE_EXPORTS, Export

# A file that no row names is what a worker is writing, or what a dead one has left.
ABANDONED = timedelta(days=1)


@jobs.RETENTION.register("files of exports")
def retain() -> None:
    """Remove files that have expired, and those that belong to nothing. Idempotent."""
    now = timezone.now()
    for export in Export.objects.exclude(file="").filter(expires_at__lte=now):
        files.remove(export.file)
        Export.objects.filter(pk=export.pk).update(file="")
    old = list(files.older_than((now - ABANDONED).timestamp()))
    if not old:
        return
    named = Export.objects.filter(file__in=[path.name for path in old])
    kept = set(named.values_list("file", flat=True))
    live = {
        str(pk) for pk in Export.objects.filter(state__in=LIVE_EXPORTS).values_list("pk", flat=True)
    }
    for path in old:
        if path.name not in kept and path.name.partition("-")[0] not in live:
            files.remove(path.name)
