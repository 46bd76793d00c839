"""What people of a network wrote, looked through by the content scan: where it is blocked, those in
the room read that in its place. Files are looked through as they are brought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridgekit.events import Content, Edit, Location, Message, MessageKind, Poll, Unsupported
from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.richtext import from_plain
from bridgekit.scanning.report import Report
from bridgekit.scanning.scan import Scan
from bridgekit.scanning.verdict import Blocked
from bridgekit.scanning.words import texts_in
from bridgekit.to_matrix.scene import Scene


class Examining:
    """Of all networks. `mxid` is who somebody of a network is on Matrix."""

    def __init__(
        self, scan: Scan, report: Report, mxid: Callable[[NetworkName, RemoteUserID], UserID]
    ) -> None:
        self._scan, self._report, self._mxid = scan, report, mxid

    async def looked_through(self, scene: Scene[Content]) -> Scene[Content]:
        """The event as it may be shown; raises `Blocked` where no words could take its place."""
        if not self._scan.texts:
            return scene
        content = scene.event.content
        try:
            await self._scan.text("\n".join(texts_in(content)))
        except Blocked as blocked:
            await self.report(scene, blocked)
            instead = _instead(content, str(blocked))
            if instead is None:
                raise
            return replace(scene, event=replace(scene.event, content=instead))
        return scene

    async def report(self, scene: Scene[Content], blocked: Blocked) -> None:
        """Durable on return, and the same for each try."""
        name, sender = scene.network.name, scene.event.sender
        user = self._mxid(name, sender or RemoteUserID(""))
        await self._report(blocked, scene.journey.job.key, name, user, scene.room)


def _instead(content: Content, why: str) -> Content | None:
    said = from_plain(why)
    match content:
        case Message():
            return Message(
                said,
                MessageKind.NOTICE,
                content.attachments,  # each is looked through by itself
                reply_to=content.reply_to,
                thread=content.thread,
            )
        case Edit(message=message):
            now = Message(said, MessageKind.NOTICE, message.attachments)
            return replace(content, message=now)
        case Poll(target=None) | Location() | Unsupported():
            return Message(
                said, MessageKind.NOTICE, reply_to=content.reply_to, thread=content.thread
            )
    return None
