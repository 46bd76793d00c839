"""A file is what its content is, whatever it says."""

from __future__ import annotations

import pytest

from bridgekit import AttachmentKind
from bridgekit.media.sniff import UNKNOWN, kind_of, type_of
from tests.core.media.samples import MP4, OGG, PDF, SCRIPT, TGS, picture


@pytest.mark.parametrize(
    ("head", "declared", "mime"),
    [
        (picture(), "image/png", "image/png"),
        (picture(), "image/jpeg", "image/png"),
        (picture("JPEG"), None, "image/jpeg"),
        (picture("WEBP"), "video/mp4", "image/webp"),
        (PDF, "image/png", "application/pdf"),
        (b"MZ" + b"\0" * 200, "image/png", "application/x-msdownload"),
        (b"just words", "image/png", "text/plain"),
        (b"just words", "text/markdown; charset=utf-8", "text/markdown"),
        (b"\0\1\2\3", "image/png", UNKNOWN),
        (b"\0\1\2\3", "application/x-odd", "application/x-odd"),
        (b"\0\1\2\3", "no type\r\nX: y", UNKNOWN),
        (b"", None, UNKNOWN),
        (TGS, "application/x-tgsticker", "application/x-tgsticker"),
        (TGS, "image/png", "application/gzip"),
        (OGG, "video/ogg", "video/ogg"),
        (OGG, "image/png", "audio/ogg"),
        (MP4, "audio/mp4", "audio/mp4"),
        (MP4, "text/plain", "video/mp4"),
        (SCRIPT, "image/png", UNKNOWN),
        (SCRIPT, "image/svg+xml", UNKNOWN),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", None, UNKNOWN),
        ("<html>".encode("utf-16"), "image/jpeg", UNKNOWN),
        (b"alert(1)", "text/javascript", UNKNOWN),
        (b"harmless", "text/html", UNKNOWN),
    ],
)
def test_a_file_that_lies_about_its_type_gets_its_real_one(
    head: bytes, declared: str | None, mime: str
) -> None:
    assert type_of(head, declared) == mime


@pytest.mark.parametrize(
    ("wanted", "mime", "kind"),
    [
        ("image", "image/png", "image"),
        ("image", UNKNOWN, "file"),
        ("image", "image/tiff", "file"),
        ("image", "video/mp4", "video"),
        ("sticker", "image/webp", "sticker"),
        ("sticker", "application/x-tgsticker", "file"),
        ("sticker", "video/webm", "video"),
        ("voice", "audio/ogg", "voice"),
        ("voice", "image/png", "image"),
        ("video", "video/mp4", "video"),
        ("video", "application/x-msdownload", "file"),
        ("file", "image/png", "file"),
    ],
)
def test_a_file_is_shown_only_as_what_it_is(wanted: str, mime: str, kind: str) -> None:
    assert kind_of(AttachmentKind(wanted), mime) is AttachmentKind(kind)
