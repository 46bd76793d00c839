"""An address to listen on, as a setting: `127.0.0.1:29300` or `unix:/path`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class TCPAddress:
    """Where we listen: `host` without brackets."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A Unix socket that we listen on."""

    path: Path


def address_to_listen(value: Any) -> TCPAddress | UnixAddress:
    """Raises `ValueError`, whose words read on from the setting's name."""
    if isinstance(value, TCPAddress | UnixAddress):
        return value
    if isinstance(value, str) and value.startswith("unix:/"):
        return UnixAddress(Path(value.removeprefix("unix:")))
    address = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/]+)):(\d{1,5})", str(value))
    if address is None or not 0 < int(address[3]) <= _MAX_PORT:
        raise ValueError("is no address to listen on; write 127.0.0.1:29300 or unix:/path")
    return TCPAddress(address[1] or address[2], int(address[3]))
