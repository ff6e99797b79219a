"""UTF-8 that was taken for another encoding and encoded once more: `ZoÃ©` for `Zoé`."""

from __future__ import annotations

import re
from functools import cache

from integrations.text_encodings.single_byte import decoded

# Latin-1, what Windows-1252 adds to it, accents that stand apart as macOS writes them, and the mark
# at the beginning of a file.
_DOUBLED = (
    "".join(map(chr, range(0xA0, 0x100)))
    + "ŒœŸšŽž’‘“”–—…€•™\u0300\u0301\u0302\u0303\u0308\u0327\ufeff"
)
_MISREAD_AS = ("cp1252", "latin-1", "mac_roman", "cp850", "cp437")
# What was misread several times is read back as often.
_TURNS = 3


@cache
def _misreadings() -> tuple[re.Pattern[str], dict[str, str]]:
    """What each character looks like whose UTF-8 was read as something else."""
    meant: dict[str, str] = {}
    for char in _DOUBLED:
        for encoding in _MISREAD_AS:
            looks = "".join(_one(byte, encoding) for byte in char.encode())
            meant.setdefault(looks, char)
    longest_first = "|".join(map(re.escape, sorted(meant, key=len, reverse=True)))
    # Few characters begin any of the several hundred.
    first = "".join(map(re.escape, sorted({looks[0] for looks in meant})))
    return re.compile(f"(?=[{first}])(?:{longest_first})"), meant


def _one(byte: int, encoding: str) -> str:
    # Windows reads what Windows-1252 leaves out as Latin-1.
    return decoded(bytes([byte]), encoding) or chr(byte)


def undoubled(text: str) -> str:
    """`text` with UTF-8 read back that was taken for another encoding: `ZoÃ©` is `Zoé`."""
    if text.isascii():
        return text
    pattern, meant = _misreadings()
    for _turn in range(_TURNS):
        mended = pattern.sub(lambda found: meant[found[0]], text)
        if mended == text:
            break
        # The second half of an à is a space that does not break, which editors replace.
        text = mended.replace("Ã ", "à ")
    return text
