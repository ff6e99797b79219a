"""What the search box above a list selects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from integrations.lists.walking import CAP
from integrations.models import Candidate

# Given the records, the fields to look through, what was typed, and for whom.
Search = Callable[[QuerySet[Any], Sequence[str], str, Any], QuerySet[Any]]


def with_words(
    records: QuerySet[Any], fields: Sequence[str], typed: str, _user: Any
) -> QuerySet[Any]:
    """Those that have each word in one field or another; quoted words stay together."""
    wanted = Q()
    for word in smart_split(typed):
        quoted = word[0] in "\"'" and word[0] == word[-1]
        text = unescape_string_literal(word) if quoted else word
        wanted &= Q.create([(f"{field}__icontains", text) for field in fields], connector=Q.OR)
    return records.filter(wanted)


def of_candidates(
    applications: QuerySet[Any], fields: Sequence[str], typed: str, user: Any
) -> QuerySet[Any]:
    """Applications by their candidate, given the fields of candidates.

    When few are found, their applications are looked up by their ids, which spares joining every
    application with its candidate only to find that it is not meant.
    """
    named = with_words(Candidate.objects.visible_to(user), fields, typed, user)
    few = list(named.order_by().values_list("pk", flat=True)[: CAP + 1])
    if len(few) <= CAP:
        return applications.filter(candidate_id__in=few)
    return with_words(applications, [f"candidate__{field}" for field in fields], typed, user)
