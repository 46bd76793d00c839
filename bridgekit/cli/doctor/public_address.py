"""The check of `doctor` on the public address: what the world asks there must arrive here."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.asking import Asking, fetched
from bridgekit.cli.doctor.hairpin import hairpin
from bridgekit.mistakes.of_installations import PUBLIC_URL
from bridgekit.webhooks import PATH

_NOBODY = "No network of this name is called back here."  # what a running bridge says of it


class Probe:
    """A path that nobody else answers, and what it answers."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(8)
        self.asked = False
        self.path = f"{PATH}/doctor-{self._nonce}"

    def answer_in(self, app: web.Application) -> None:
        """Have an application that is not started yet answer it, to whoever asks."""
        app.middlewares.insert(0, self._answered)

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == self.path:
            self.asked = True
            return web.Response(text=self._nonce)
        return await handler(request)

    def is_ours(self, text: str) -> bool:
        return self._nonce == text or _NOBODY in text


async def public_address(ask: Asking, probe: Probe) -> Finding | None:
    """Asked as the world would; None: there is no public address."""
    public = ask.config.appservice.public_url
    if public is None:
        return None
    answer = await fetched(ask.session, f"{public}{probe.path}")
    if probe.is_ours(answer.text):
        return Finding(Severity.OK, f"What is asked at {public} arrives here.")
    if answer.status == 0:
        if await _reached_from_elsewhere(ask, f"{public}{probe.path}", probe):
            return Finding(Severity.OK, f"What the homeserver asks at {public} arrives here.")
        inside = await hairpin(public)
        return inside or PUBLIC_URL.found(f"{public} cannot be reached from here: {answer}.")
    return PUBLIC_URL.found(f"Something else than the bridge answers at {public} ({answer}).")


async def _reached_from_elsewhere(ask: Asking, url: str, probe: Probe) -> bool:
    """Whether the homeserver, where it makes previews of links, comes by for one of this."""
    await ask("GET", f"v1/media/preview_url?url={quote(url, safe='')}")
    return probe.asked
