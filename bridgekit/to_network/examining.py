"""What is about to be sent, looked through by the content scan: before the mark, so that a bridge
that stops meanwhile leaves nothing in doubt, and where it waits, its sender hears of it.
"""

from __future__ import annotations

from bridgekit.lanes.journey import Done
from bridgekit.media.opened import Opened
from bridgekit.scanning.words import files_in, texts_in
from bridgekit.to_network.act import Act, Pieces, Route, Scene


class Examining:
    """Of all networks; what the adapter opens later is looked through once more if it changed."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self._scan = opened, opened.scan

    async def pieces(self, act: Act, scene: Scene, route: Route) -> Pieces | Done:
        """As `Act.pieces`; raises `Blocked`, `ScannerAway`, or as `Opened.open`, too."""
        wanted = await act.pieces(scene, route)
        if self._scan.on and isinstance(wanted, Pieces):
            contents = [piece.content for piece in wanted.pieces]
            if self._scan.texts:
                await self._scan.text("\n".join(texts_in(contents)))
            for file in files_in(contents):
                await self._opened.look(file)
        return wanted
