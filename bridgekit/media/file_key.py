"""How a file of an encrypted room is encrypted, as events say it. Pure.

Spec: client-server API, "Sending encrypted attachments" (`EncryptedFile`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ALGORITHM, _VERSION = "A256CTR", "v2"
# Base64 without padding, of so many bytes; keys are written in that of URLs (RFC 7518, 6.4.1).
_KEY = re.compile(r"[A-Za-z0-9_-]{43}=?")
_IV, _HASH = re.compile(r"[A-Za-z0-9+/]{22}(==)?"), re.compile(r"[A-Za-z0-9+/]{43}=?")


@dataclass(frozen=True, slots=True)
class FileKey:
    """AES in counter mode: a key of 256 bits, the first counter block, and the hash of the result.

    Each in base64, as in an event.
    """

    k: str
    iv: str
    sha256: str


def in_event(mxc: str, key: FileKey) -> dict[str, Any]:
    """What an event shows instead of a `url`."""
    oct_key = {"kty": "oct", "key_ops": ["encrypt", "decrypt"], "alg": _ALGORITHM, "k": key.k}
    return {
        "url": mxc,
        "key": {**oct_key, "ext": True},
        "iv": key.iv,
        "hashes": {"sha256": key.sha256},
        "v": _VERSION,
    }


def key_of(file: Mapping[str, Any]) -> FileKey | None:
    """The key that an event names with a file; None: it is of no kind that the spec knows."""
    key, hashes = file.get("key"), file.get("hashes")
    if not isinstance(key, dict) or not isinstance(hashes, dict):
        return None
    if key.get("alg") != _ALGORITHM or file.get("v") != _VERSION:
        return None
    found = (key.get("k"), file.get("iv"), hashes.get("sha256"))
    sound = zip((_KEY, _IV, _HASH), found, strict=True)
    if not all(isinstance(text, str) and form.fullmatch(text) for form, text in sound):
        return None
    return FileKey(*(str(text).rstrip("=") for text in found))


def from_fields(fields: object) -> FileKey | None:
    """What `dataclasses.asdict` made of one, read from JSON."""
    return FileKey(**fields) if isinstance(fields, dict) else None
