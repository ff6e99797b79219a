"""Characters that nobody sees: they come along when text is copied, and an address or key with one
is another address or key.
"""

from __future__ import annotations

import re

# Soft hyphens, zero-width spaces, marks and embeddings of direction, invisible operators, fillers,
# tags, byte-order marks and control characters; line ends and tabs are white space, and Windows'
# typographic characters (\x80 to \x9f) are for whoever reads text.
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
# Persian and Indian scripts are spelled with these two.
_JOINERS = "\u200c\u200d"

_IN_NAMES = re.compile(f"[{_UNSEEN}]")
_ANYWHERE = re.compile(f"[{_UNSEEN}{_JOINERS}]")


def visible(text: str) -> str:
    """`text` without them."""
    return text if text.isascii() and text.isprintable() else _ANYWHERE.sub("", text)


def visible_name(text: str) -> str:
    """The same, but those stay that some scripts need."""
    return text if text.isascii() and text.isprintable() else _IN_NAMES.sub("", text)
