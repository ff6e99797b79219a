"""Message codes with parameters, and the texts that they stand for, room by room."""

from integrations.messages.message import Message, UnknownMessage, chain, sequence, translated
from integrations.messages.storage import dump, dump_text, load, load_text

__all__ = [
    "Message",
    "UnknownMessage",
    "chain",
    "dump",
    "dump_text",
    "load",
    "load_text",
    "sequence",
    "translated",
]
