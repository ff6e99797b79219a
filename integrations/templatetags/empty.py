"""For the lists' template: what to do next where there is nothing."""

from __future__ import annotations

from typing import Any

from django import template

from integrations.admin.base import empty_states

register = template.Library()


@register.simple_tag(takes_context=True)
def next_step(context: Any, model: str) -> empty_states.NextStep | None:
    return empty_states.next_step(context["request"], model)
