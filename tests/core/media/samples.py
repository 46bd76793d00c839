"""Files for tests: small, and made as they are needed."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO

from PIL import Image

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
PDF = b"%PDF-1.7\n" + b"x" * 600
TGS = b"\x1f\x8b\x08\0" + b"x" * 300
OGG = b"OggS\0\x02" + b"\0" * 22 + b"OpusHead" + b"x" * 300
MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"x" * 300


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, form, **options)
    return out.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    """A picture that no format makes small; the same each time."""
    out = BytesIO()
    data = random.Random(1).randbytes(size[0] * size[1] // 16)
    coarse = Image.frombytes("L", (size[0] // 4, size[1] // 4), data)
    coarse.resize(size).convert("RGB").save(out, "PNG")
    return out.getvalue()


def animation(form: str = "GIF") -> bytes:
    frames = [Image.new("RGB", (20, 10), (shade, 0, 0)) for shade in (0, 120, 240)]
    out = BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that promises this many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def placed(form: str) -> bytes:
    """A picture that knows where and by whom it was made."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turned
    exif[0x013B] = "The Artist"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.5), 3: "E", 4: (2.0, 17.0, 40.2)})
    return picture(form, exif=exif.tobytes())


def placed_tiff(*, told: int = 2) -> bytes:
    """Exif that knows where it was made, in its own words; its directory says it has `told`."""
    tiff = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x8825, 4, 1, 26, 0)
    tiff += struct.pack("<HHHI4sHHIII", told, 1, 2, 2, b"N\0\0\0", 2, 5, 3, 56, 0)
    return tiff + struct.pack("<6I", 52, 1, 31, 1, 12, 1)


def with_app1(block: bytes, before: bytes = b"") -> bytes:
    """A JPEG with this metadata, and what some cameras write before it."""
    data = picture("JPEG")
    frame = before + b"\xff\xe1" + struct.pack(">H", len(block) + 2)
    return data[:2] + frame + block + data[2:]
