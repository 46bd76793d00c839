"""A sticker of Matrix as Telegram wants one (Bot API, "sendSticker"): WebP, 512 pixels wide."""

from io import BytesIO
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from bridgekit import Rejected

_SIDE = 512
_MOST_PIXELS = 25_000_000


def as_sticker(file: BinaryIO) -> BytesIO:
    """Works on the processor: call it in a thread. Raises `Rejected` for what is no picture."""
    try:
        with Image.open(file) as found:
            if found.width * found.height > _MOST_PIXELS:
                raise Rejected("This sticker is too large for Telegram.")
            picture = found.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Rejected("This sticker is no picture that Telegram takes.") from error
    longer = max(picture.size)
    size = tuple(max(1, round(side * _SIDE / longer)) for side in picture.size)
    made = BytesIO()
    picture.resize((size[0], size[1])).save(made, "WEBP")
    made.seek(0)
    return made
