"""As what a file is sent to Telegram: what it is shown as, unless Telegram takes it as a file only.

Bot API, "Sending files" and the methods for each kind. Pure.
"""

from enum import StrEnum

from bridgekit import Attachment, AttachmentKind

_MB = 1_000_000
_LARGEST_PHOTO = 10 * _MB
_LONGEST_SIDES = 10_000  # width and height together
_FLATTEST = 20  # the longer side to the shorter one
_PHOTOS = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "image/bmp"})
_VOICES = frozenset({"audio/ogg", "audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a"})
_MUSIC = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a"})
_STICKERS = frozenset({"image/webp", "image/png"})


class Carrier(StrEnum):
    """The method that sends it: `sendPhoto` and so on."""

    PHOTO = "photo"
    ANIMATION = "animation"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    STICKER = "sticker"
    DOCUMENT = "document"


def carrier_of(attachment: Attachment) -> Carrier:
    """What the sender's client says of a file may be wrong; Telegram refuses it then."""
    mime = attachment.mime or ""
    match attachment.kind:
        case AttachmentKind.IMAGE:
            return _picture(attachment, mime)
        case AttachmentKind.VIDEO if mime in ("video/mp4", "video/quicktime", ""):
            return Carrier.VIDEO
        case AttachmentKind.AUDIO if mime in _MUSIC:
            return Carrier.AUDIO
        case AttachmentKind.VOICE if mime in _VOICES:
            return Carrier.VOICE
        case AttachmentKind.STICKER:
            return Carrier.STICKER if mime in _STICKERS else _picture(attachment, mime)
        case _:
            return Carrier.DOCUMENT


def _picture(attachment: Attachment, mime: str) -> Carrier:
    if mime == "image/gif":
        return Carrier.ANIMATION
    width, height = attachment.width or 1, attachment.height or 1
    fits = width + height <= _LONGEST_SIDES and max(width, height) <= _FLATTEST * min(width, height)
    known = attachment.width is None or attachment.height is None or fits
    small = (attachment.size or 0) <= _LARGEST_PHOTO
    return Carrier.PHOTO if mime in _PHOTOS and small and known else Carrier.DOCUMENT
