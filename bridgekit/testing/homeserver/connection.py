"""How a person reaches their homeserver, whichever it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Protocol
from urllib.parse import quote

JSON = dict[str, Any]


class Connection(Protocol):
    """One client's access; everything raises `MatrixError` when the homeserver refuses."""

    async def request(
        self, method: str, path: str, body: JSON | None = None, query: dict[str, str] | None = None
    ) -> Any:
        """Ask `path` (below /_matrix/client/v3); the JSON answer."""

    async def upload(self, data: bytes, mime: str, name: str) -> str:
        """Put a file into the content repository; its mxc:// URI."""

    async def download(self, server: str, media: str) -> bytes:
        """The bytes behind mxc://SERVER/MEDIA."""

    def changes(self) -> AsyncGenerator[None]:
        """At once, then whenever something this person may see has happened."""


def path_of(*parts: str) -> str:
    """`/a/b`, each part encoded."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
