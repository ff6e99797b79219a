"""The one module that knows which theme draws the dashboard.

To leave django-unfold: import these names from `django.contrib.admin` and
`django.contrib.auth.forms` instead, and drop "unfold" from INSTALLED_APPS. Our pages bring their
own style sheet and use no class of the theme's.
"""

from __future__ import annotations

from unfold.admin import ModelAdmin
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite as AdminSite
from unfold.views import ChangeList

__all__ = ["AdminSite", "AuthenticationForm", "ChangeList", "ModelAdmin"]
