"""For the lists' template: what to do next where there is nothing."""

from __future__ import annotations

from typing import Any

from django import template

from integrations.admin import emptiness

register = template.Library()


@register.simple_tag(takes_context=True)
def next_step(context: Any, model: str) -> emptiness.NextStep | None:
    return emptiness.next_step(context["request"], model)
