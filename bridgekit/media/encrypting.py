"""Files of encrypted rooms, encrypted and decrypted piece by piece.

Spec: client-server API, "Sending encrypted attachments": AES-CTR with 256 bits, a key for each
file, the lower half of the counter zero, and SHA-256 of what is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from bridgekit.errors import Rejected
from bridgekit.media.file_key import FileKey

KEY, NONCE, COUNTER = 32, 8, 8  # bytes


class Altered(Rejected):
    """What was stored is not what its sender had stored."""

    def __init__(self) -> None:
        super().__init__("What the homeserver has of it is not what its sender uploaded")


class Encrypting:
    """One file, with a key of its own."""

    def __init__(self) -> None:
        self._key, self._iv = secrets.token_bytes(KEY), secrets.token_bytes(NONCE) + bytes(COUNTER)
        self._hash = hashlib.sha256()

    async def pieces(self, plain: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """As many bytes as `plain` has; read once."""
        cipher = Cipher(AES256(self._key), CTR(self._iv)).encryptor()
        async for piece in plain:
            secret = cipher.update(piece)
            self._hash.update(secret)
            yield secret

    def key(self) -> FileKey:
        """Once all pieces have been read."""
        return FileKey(
            k=urlsafe_b64encode(self._key).decode().rstrip("="),
            iv=b64encode(self._iv).decode().rstrip("="),
            sha256=b64encode(self._hash.digest()).decode().rstrip("="),
        )


async def decrypted(secret: AsyncIterator[bytes], key: FileKey) -> AsyncIterator[bytes]:
    """The file; raises `Altered` instead of its last piece: before that nobody can tell."""
    cipher = Cipher(AES256(_bytes(key.k, url=True)), CTR(_bytes(key.iv))).decryptor()
    found, last = hashlib.sha256(), b""
    async for piece in secret:
        found.update(piece)
        if last:
            yield last
        last = cipher.update(piece)
    if not hmac.compare_digest(found.digest(), _bytes(key.sha256)):
        raise Altered
    yield last


def _bytes(text: str, *, url: bool = False) -> bytes:
    decode = urlsafe_b64decode if url else b64decode
    return decode(text + "=" * (-len(text) % 4))
