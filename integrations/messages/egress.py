"""Why a file was not fetched from the address that a user gave."""

from __future__ import annotations

from integrations.messages.declaration import gettext_noop

TEXTS = {
    "egress_invalid_url": gettext_noop(
        "This is not an address of a file. Copy it from the browser once more."
    ),
    "egress_scheme": gettext_noop("The address must begin with https:// or http://."),
    "egress_credentials": gettext_noop(
        "The address holds a user name or a password. Use one that works without, or attach the "
        "file itself."
    ),
    "egress_port": gettext_noop(
        "The address names port {port} of {host}; only the usual ports 80 and 443 are reached."
    ),
    "egress_unknown_host": gettext_noop("There is no host named {host}. Check the address."),
    "egress_private_address": gettext_noop(
        "{host} is in a private network, which is not reached from here. Use a public address, "
        "or attach the file itself."
    ),
    "egress_unreachable": gettext_noop(
        "{host} could not be reached. Try again later, or attach the file itself."
    ),
    "egress_tls": gettext_noop(
        "{host} could not prove that it is {host} (its certificate is not valid). Attach the "
        "file itself."
    ),
    "egress_timeout": gettext_noop(
        "{host} took too long. Try again later, or attach the file itself."
    ),
    "egress_status": gettext_noop(
        "{host} does not hand out the file (status {status}). Check that the address works "
        "without logging in, or attach the file itself."
    ),
    "egress_redirects": gettext_noop(
        "{host} sends us from one address to the next without end. Attach the file itself."
    ),
    "egress_too_large": gettext_noop(
        "The file at {host} is larger than {limit}. Attach a smaller one."
    ),
    "egress_cut_short": gettext_noop(
        "The answer of {host} broke off. Try again later, or attach the file itself."
    ),
    "egress_not_understood": gettext_noop(
        "{host} answered with something that is no file. Attach the file itself."
    ),
}
