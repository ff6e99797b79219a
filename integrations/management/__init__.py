"""The commands of `manage.py`, their exit codes and what is checked before them."""

from django.core.checks import Tags

# The work is done; it failed; the command was used wrongly; it is done, but something is held
# for review or set aside.
DONE, FAILED, USAGE, HELD = 0, 1, 2, 3

# Django's checks of addresses load every page of the dashboard and of the API, which takes as long
# as all else that a command needs; `manage.py check` and the web server do that.
CHECKS = [Tags.models]
