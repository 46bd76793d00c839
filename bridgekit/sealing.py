"""Secrets at rest: sealed with keys from the configuration, which the database does not hold.

A sealed text is bound to its place, the row that it belongs to: moved to another one, it cannot be
opened. AES-GCM with 256 bits, a random nonce each time (NIST SP 800-38D).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridgekit.errors import LoginError

PREFIX = "sealed:1:"  # what every sealed text begins with; the number is that of this way
NONCE = 12  # bytes
_WHOLE = re.compile(rf"{re.escape(PREFIX)}[0-9a-f]{{8}}:[\w-]{{40,}}={{0,2}}", re.ASCII)


class Unreadable(LoginError):  # noqa: N818 (named by what is so)
    """A sealed text that none of the keys opens: whoever gave it must give it again."""


class Sealing:
    """Seals with the first of its keys, opens with any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are secrets of any length, the present one first."""
        derived = [hmac.digest(key, b"bridgekit seals", hashlib.sha256) for key in keys]
        self._ciphers = {_name(key): AESGCM(key) for key in derived}
        self._present = _name(derived[0])

    @property
    def present(self) -> str:
        """What a text begins with that is sealed with the present key."""
        return f"{PREFIX}{self._present}:"

    def seal(self, text: str, place: str) -> str:
        nonce = secrets.token_bytes(NONCE)
        cipher = self._ciphers[self._present]
        sealed = nonce + cipher.encrypt(nonce, text.encode(), _bound(place))
        return self.present + urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, place: str) -> str:
        """The text; one that was stored before there was sealing is handed back as it is.

        Raises `Unreadable`.
        """
        if not is_sealed(sealed):
            return sealed
        name, _, encoded = sealed.removeprefix(PREFIX).partition(":")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise Unreadable(
                "What was stored to sign in with was sealed with another key: sign in again, or "
                "ask the operator to put the key of before into appservice.old_encryption_keys"
            )
        try:
            raw = urlsafe_b64decode(encoded)
            return cipher.decrypt(raw[:NONCE], raw[NONCE:], _bound(place)).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable("What was stored to sign in with is damaged: sign in again") from error


def is_sealed(text: str) -> bool:
    """Whether a text is sealed, whatever with."""
    return text.startswith(PREFIX)


def looks_sealed(text: str) -> bool:
    """Whether a text is all that `Sealing.seal` gives, with whatever key: nobody types that."""
    return _WHOLE.fullmatch(text) is not None


def _name(key: bytes) -> str:
    """Tells keys apart and says nothing of them."""
    return hmac.digest(key, b"name", hashlib.sha256).hex()[:8]


def _bound(place: str) -> bytes:
    return place.encode("utf-8", "surrogatepass")
