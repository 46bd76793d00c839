"""Which events a message becomes: its text, its files, one in another where that is possible; pure.

The part of an event says what it is, so that an edit of the message finds it again: from `FILES`
on they are files; a single file holds the text, if that fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridgekit.matrix.media_content import MESSAGE, media_event, takes_caption
from bridgekit.media.uploaded import FileMissing
from bridgekit.models import Link
from bridgekit.to_matrix.files import File
from bridgekit.to_matrix.post import Draft

FILES = 10_000  # more than a text has parts

Text = Mapping[str, Any]


def laid_out(texts: Sequence[Text], files: Sequence[File]) -> list[Draft]:
    """The events of a message. `texts`: the contents that its text becomes, if it has any."""
    if len(files) == 1 and len(texts) <= 1 and _holds_text(files[0]):
        return [file_draft(files[0], 0, texts[0] if texts else None)]
    said = [Draft(MESSAGE, text, part) for part, text in enumerate(texts)]
    return [*said, *(file_draft(file, place, None) for place, file in enumerate(files))]


def file_draft(file: File, place: int, caption: Text | None) -> Draft:
    """The event of a file, or the line in its place."""
    if isinstance(file, FileMissing):
        line = {"msgtype": "m.notice", "body": str(file), "m.mentions": {}}
        return Draft(MESSAGE, line, FILES + place)
    return Draft(*media_event(file, caption), FILES + place)


def text_slots(links: Sequence[Link]) -> list[Link]:
    """The events, in order, that hold the text of a message: perhaps a file first."""
    texts = [link for link in links if link.part < FILES]
    files = [link for link in links if link.part >= FILES]
    captioned = len(files) == 1 and all(link.part for link in texts)
    return [*files, *texts] if captioned else texts


def _holds_text(file: File) -> bool:
    return not isinstance(file, FileMissing) and takes_caption(file)
