"""What somebody else calls a person or chat, as a name that every homeserver takes. Pure."""

from __future__ import annotations

import re

from bridgekit.richtext.canonical import one_line

LONGEST = 255  # characters; Synapse refuses a display name of more than 256

# Controls, and what turns the direction of all that follows: a name must not rewrite its room.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean_name(text: str) -> str:
    """One line, sound, visible and not too long; may be empty."""
    return one_line(_UNSEEN.sub("", text))[:LONGEST].strip()
