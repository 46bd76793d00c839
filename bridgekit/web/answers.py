"""Answers to the world: plain sentences, and headers that let nothing run."""

from __future__ import annotations

from aiohttp import web

# Whatever a file holds: no script, no frame, no index, and nobody learns where the reader was.
SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "cross-origin",  # it is shown inside other networks' clients
    "Cache-Control": "private, max-age=300",  # what is revoked is soon gone
}


def plain(status: int, sentence: str, *, retry_after: int | None = None) -> web.Response:
    """A sentence for people; kept by nobody."""
    headers = SAFE | {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return web.Response(status=status, text=sentence + "\n", headers=headers)
