"""What programs show to be let in: how such tokens are made, and known again. Pure but for chance.

Of a token only its digest is kept: 32 random bytes cannot be guessed from it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

API = "bka_"
SESSION = "bks_"
OPERATOR = "bko_"


def fresh(kind: str) -> str:
    return kind + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def operator_token(signing_key: bytes) -> str:
    """Whoever can read the configuration can make it; it changes with the secret there."""
    return OPERATOR + hmac.digest(signing_key, b"bridgekit operator", "sha256").hex()


def same(given: str, wanted: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
