"""Signed JSON (Matrix appendix "Signing JSON"), and texts of the library as it stores them. Pure.

Every fault of the library is a `ValueError`: whatever comes from outside is given to it as it is.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from vodozemac import Account, Ed25519PublicKey, Ed25519Signature

PLAIN = bytes(32)
"""The key of the library's own sealing: `Sealing` does it, which also binds a text to its row."""

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
ONE_TIME = "signed_curve25519"


def canonical(value: Any) -> bytes:
    """The one way to write it (appendix "Canonical JSON")."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sign(account: Account, content: Mapping[str, Any], user: str, device: str) -> dict[str, Any]:
    """`content` with the signature of a device."""
    signature = account.sign(canonical(content)).to_base64()
    return {**content, "signatures": {user: {f"ed25519:{device}": signature}}}


def signed_keys(
    account: Account, keys: Mapping[str, str], user: str, device: str, **more: Any
) -> dict[str, Any]:
    """Keys by which others begin a conversation, by name; `more` is what else is said of each."""
    return {
        f"{ONE_TIME}:{name}": sign(account, {"key": key, **more}, user, device)
        for name, key in keys.items()
    }


def is_signed(content: Mapping[str, Any], user: str, device: str, key: str) -> bool:
    """Whether it bears the signature of the device that has this ed25519 key."""
    bare = {
        name: value for name, value in content.items() if name not in ("signatures", "unsigned")
    }
    try:
        signature = content["signatures"][user][f"ed25519:{device}"]
        public = Ed25519PublicKey.from_base64(key)
        public.verify_signature(canonical(bare), Ed25519Signature.from_base64(signature))
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
    return True


def unpadded(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


def raw_of(text: str) -> bytes:
    """Raises `ValueError`."""
    return b64decode(text + "=" * (-len(text) % 4), validate=True)
