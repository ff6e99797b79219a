"""The charts of one tenant, and of all of a user's tenants: each answers a question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import median

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin.base.charts import Chart, ChartTexts, Point, bars, ceiling, columns
from integrations.admin.base.formatting import duration, number
from integrations.admin.base.urls import change_url, list_url
from integrations.admin.home.stats import Figures
from integrations.admin.home.sync_history import Bar
from integrations.models import Integration, Submission, SubmissionState
from integrations.tenants.stats import monday

WEEKS = 12
MOST_STAGES = 10
SLOWEST = 8
SUBMISSION_DAYS = 30
# A label is as wide as so many columns.
NEIGHBOURS = 6


def weekly(figures: Iterable[Figures]) -> Chart:
    """Applications made in each of the last weeks, the current one included."""
    counted: Counter[str] = Counter()
    for one in figures:
        counted.update(dict(one.weeks))
    this = monday(timezone.now())
    weeks = [this - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    points = [_week(week, counted[week.isoformat()], now=week == this) for week in weeks]
    before = round(sum(point.value for point in points[:-1]) / (WEEKS - 1))
    summary = _("%(now)s so far this week; %(before)s a week on average before.") % {
        "now": points[-1].shown,
        "before": number(before),
    }
    texts = ChartTexts(
        _("How many applications come in?"),
        summary,
        (_("Week of"), _("Applications")),
        _("No application was made in the last 12 weeks."),
    )
    top = ceiling(max(point.value for point in points))
    scale = [(0, "0"), (top / 2, number(round(top / 2))), (top, number(round(top)))]
    return columns("weekly", texts, points, scale, range(WEEKS - 1, -1, -4))


def _week(week: date, count: int, *, now: bool) -> Point:
    day = date_format(week, _("j M"))
    words = ngettext(
        "Week of %(day)s: %(count)s application", "Week of %(day)s: %(count)s applications", count
    )
    shown = number(count)
    tone = "soft" if now else "accent"
    return Point(day, count, shown, words % {"day": day, "count": shown}, tone)


def funnel(figures: Sequence[Figures]) -> Chart:
    """Applications by stage, except declined ones; stages of the same name are added up."""
    points = [_stage(name, count) for name, count in _merged(figures)]
    standing = sum(int(point.value) for point in points)
    summary = ngettext(
        "%(count)s application that is not declined.",
        "%(count)s applications that are not declined.",
        standing,
    )
    texts = ChartTexts(
        _("Where do applications stand?"),
        summary % {"count": number(standing)},
        (_("Stage"), _("Applications")),
        _("No application stands at a stage yet."),
    )
    return bars("funnel", texts, points)


def _stage(name: str, count: int) -> Point:
    label = name or _("No stage")
    return Point(label, count, number(count), f"{label}: {number(count)}")


def _merged(figures: Iterable[Figures]) -> list[tuple[str, int]]:
    """Stages of several tenants in the order of their pipelines; the rare ones added up as one."""
    counts: Counter[str] = Counter()
    places: dict[str, list[float]] = defaultdict(list)
    names: dict[str, str] = {}
    for one in figures:
        for place, stage in enumerate(one.stages):
            key = stage["name"].strip().casefold()
            names.setdefault(key, stage["name"].strip())
            counts[key] += stage["count"]
            # Applications without a stage come last.
            places[key].append(place / len(one.stages) if key else 2.0)
    kept = [key for key, _count in counts.most_common(MOST_STAGES)]
    kept.sort(key=lambda key: (sum(places[key]) / len(places[key]), key))
    merged = [(names[key], counts[key]) for key in kept]
    if rest := counts.total() - sum(count for _name, count in merged):
        merged.append((_("Other stages"), rest))
    return merged


def submissions(ids: Sequence[str], tenant: Integration | None = None) -> Chart:
    """Submissions of the last days by state."""
    since = timezone.now() - timedelta(days=SUBMISSION_DAYS)
    rows = (
        Submission.objects.filter(integration_id__in=ids, created_at__gte=since)
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    counted = dict(rows)
    only = {"tenant": tenant.pk} if tenant else {}
    points = []
    for state in (
        SubmissionState.SUCCEEDED,
        SubmissionState.FAILED,
        SubmissionState.UNCERTAIN,
        SubmissionState.SENDING,
        SubmissionState.QUEUED,
        SubmissionState.CHECKED,
        SubmissionState.DRAFT,
    ):
        count = counted.get(state, 0)
        label = str(state.label)
        if count or state in (SubmissionState.SUCCEEDED, SubmissionState.FAILED):
            url = list_url(Submission, state=state.value, when="30", **only)
            title = f"{label}: {number(count)}"
            points.append(Point(label, count, number(count), title, state.color or "soft", url))
    total = sum(counted.values())
    summary = ngettext(
        "%(count)s submission in the last 30 days.",
        "%(count)s submissions in the last 30 days.",
        total,
    )
    texts = ChartTexts(
        _("What happened to submissions?"),
        summary % {"count": number(total)},
        (_("Result"), _("Submissions")),
        _("Nothing was submitted in the last 30 days."),
    )
    return bars("submissions", texts, points)


def durations(strip: Sequence[Bar]) -> Chart:
    """How long each of the latest syncs of one tenant took."""
    ended = [bar for bar in strip if bar.seconds is not None]
    points = [
        Point(
            date_format(timezone.localtime(bar.run.queued_at), _("j M, H:i")),
            bar.seconds or 0,
            duration(bar.seconds),
            bar.title,
            "accent" if bar.run.type == "FULL" else "soft",
            bar.url,
        )
        for bar in ended
    ]
    whole = [bar.seconds for bar in ended if bar.run.type == "FULL" and bar.seconds is not None]
    summary = _("%(count)s syncs.") % {"count": len(points)}
    if whole:
        summary = _("A full sync takes %(usual)s, the longest took %(most)s.") % {
            "usual": duration(median(whole)),
            "most": duration(max(whole)),
        }
    texts = ChartTexts(
        _("How long do syncs take?"),
        summary,
        (_("Sync"), _("Took")),
        _("No sync has ended yet."),
        [("accent", _("Full")), ("soft", _("Changes only"))],
    )
    top = _seconds(max((point.value for point in points), default=0))
    scale = [(0, "0"), (top / 2, _short(top / 2)), (top, _short(top))]
    # The first and the last, where there is room for both.
    named = [0, len(points) - 1] if len(points) > NEIGHBOURS else list(range(len(points)))[:1]
    return columns("durations", texts, points, scale, named)


def _seconds(most: float) -> float:
    """The round time at or above `most` that a scale ends with."""
    for unit in (1, 60, 3600):
        if most <= unit * 60 or unit == 3600:
            steps = (2, 4, 10, 20, 30, 40, 60)
            found = [step * unit for step in steps if step * unit >= most]
            return float(found[0]) if found else ceiling(most)
    return ceiling(most)


def _short(seconds: float) -> str:
    """A round time: `30 s`, `2 min`, `1 h`, and `2 min 30 s` where it is not that round."""
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return duration(seconds)


def slowest(figures: Sequence[tuple[Integration, Figures]]) -> Chart:
    """The tenants whose newest full sync took longest."""
    timed = [(one.full_seconds, tenant) for tenant, one in figures if one.full_seconds is not None]
    timed.sort(key=lambda pair: -pair[0])
    points = [
        Point(
            str(tenant),
            seconds,
            duration(seconds),
            f"{tenant}: {duration(seconds)}",
            url=change_url(tenant),
        )
        for seconds, tenant in timed[:SLOWEST]
    ]
    summary = ""
    if timed:
        summary = _("Half of the tenants take less than %(usual)s for a full sync.") % {
            "usual": duration(median(seconds for seconds, _tenant in timed))
        }
    texts = ChartTexts(
        _("Which tenants take longest to read?"),
        summary,
        (_("Tenant"), _("Last full sync")),
        _("No tenant has been read completely yet."),
    )
    return bars("slowest", texts, points)


def of_tenant(tenant: Integration, figures: Figures, strip: Sequence[Bar]) -> list[Chart]:
    """The charts of a tenant's own page, down one column and then the other."""
    return [
        weekly([figures]),
        durations(strip),
        funnel([figures]),
        submissions([tenant.pk], tenant),
    ]


def of_all(figures: Sequence[tuple[Integration, Figures]]) -> list[Chart]:
    """The charts of all tenants together."""
    each = [one for _tenant, one in figures]
    return [
        weekly(each),
        slowest(figures),
        funnel(each),
        submissions([tenant.pk for tenant, _one in figures]),
    ]
