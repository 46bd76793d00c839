"""Who signs in to the loopback network: a person with a telephone that scans codes."""

from __future__ import annotations

from collections.abc import Mapping

from bridgekit.adapter import Field
from bridgekit.testing.loopback.signing_in import Pairing


class Telephone:
    """Carol's; she is not quick enough for the first code that she is shown."""

    callback_url = state = ""
    person = "@carol:example.org"
    relay = False

    def __init__(self, pairing: Pairing) -> None:
        self._pairing = pairing
        self.codes: list[str] = []

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        raise NotImplementedError(f"Loopback asks nothing, least of all {fields}")

    async def redirect(self, url: str) -> Mapping[str, str]:
        raise NotImplementedError(f"Loopback has no page such as {url}")

    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None:
        assert text  # noqa: S101 (a person must know what to do with it)
        assert qr and not link  # noqa: S101, PT018 (as Loopback does it)
        if self.codes:
            self._pairing.scan(qr, "carol")
        else:
            self._pairing.expire(qr)
        self.codes.append(qr)
