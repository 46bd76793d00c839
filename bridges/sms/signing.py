"""What gateways' signatures have in common: how they are compared, and what proxies change."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode, urlsplit, urlunsplit

from bridges.sms.provider import Call

_PORTS = {"https": 443, "http": 80}
_FORM = "application/x-www-form-urlencoded"


def hmac64(key: str, text: str, method: str) -> str:
    """A keyed hash in base64."""
    return b64encode(hmac.new(key.encode(), text.encode(), method).digest()).decode()


def fits(given: str, *expected: str) -> bool:
    """Whether a signature is one of those; how long that takes says nothing of them."""
    return any(hmac.compare_digest(one.encode(), given.encode()) for one in expected)


def spellings(url: str) -> Iterator[str]:
    """A URL as it is, without its port, and with the usual one: what signs it may write any."""
    yield url
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        yield urlunsplit(parts._replace(netloc=host))
    elif parts.scheme in _PORTS:
        yield urlunsplit(parts._replace(netloc=f"{host}:{_PORTS[parts.scheme]}"))


def form_call(url: str, fields: Sequence[tuple[str, str]], **headers: str) -> Call:
    """A call that bears a form, as a gateway makes it; `_` in the name of a header is `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = urlencode(fields).encode()
    return Call("POST", url, (), {"content-type": _FORM, **named}, body, "")
