"""The commands of `manage.py`, and their exit codes."""

# The work is done; it failed; the command was used wrongly; it is done, but something is held
# for review or set aside.
DONE, FAILED, USAGE, HELD = 0, 1, 2, 3
