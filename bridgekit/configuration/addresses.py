"""Addresses and tokens as settings: what each accepts, and how it is refused.

A validator's words read on from the setting's name and never quote a value.
"""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr


def web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        raise ValueError("is no web address; write it like http://localhost:8008")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("has more than an address; leave out users, passwords, ? and #")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that is none; write one from 1 to 65535") from None
    return text.rstrip("/")  # some homeservers would ask us for //_matrix/…


def homeserver_address(text: str) -> str:
    if "/_matrix" in text:
        raise ValueError("must be the homeserver's own address; leave out /_matrix and the rest")
    return text


def sound_token(token: SecretStr) -> SecretStr:
    if not token.get_secret_value():
        raise ValueError("is empty; `bridgekit init` makes a good one")
    if not re.fullmatch(r"[!-~]+", token.get_secret_value()):  # goes into an HTTP header
        raise ValueError("must be ASCII without spaces; `bridgekit init` makes a good one")
    return token


WebAddress = Annotated[str, AfterValidator(web_address)]
Token = Annotated[SecretStr, AfterValidator(sound_token)]
