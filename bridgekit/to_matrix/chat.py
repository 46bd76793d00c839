"""What changed about a chat: its name, topic and picture, and the ID that it goes by."""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.events import Content
from bridgekit.facts import Attachment, ChatInfo
from bridgekit.ids import ChatID, PortalID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.models import Result
from bridgekit.reasons import Reason
from bridgekit.room.info import ChatInfoPush
from bridgekit.room.portals import Portals
from bridgekit.to_matrix.files import Files
from bridgekit.to_matrix.overtaken import Overtaken
from bridgekit.to_matrix.scene import Scene


class Chats:
    """Safe to repeat. `wake` is told where what the room says of its chat may be out of date."""

    def __init__(
        self,
        portals: Portals,
        info: ChatInfoPush,
        overtaken: Overtaken,
        files: Files,
        wake: Callable[[PortalID], None],
    ) -> None:
        self._portals, self._info, self._overtaken = portals, info, overtaken
        self._files, self._wake = files, wake

    async def change(self, scene: Scene[Content], info: ChatInfo) -> Done:
        """A chat without a room is asked for all this when it gets one."""
        if scene.room is None:
            return dropped(Reason.NOT_LINKED)

        async def upload(avatar: Attachment) -> str | None:
            return await self._files.picture(scene, avatar, scene.act)

        news = await self._overtaken.left(scene, info)
        portal, room = scene.portal, None
        while portal.room != room:  # where the chat goes on in another one meanwhile, there as well
            room = portal.room
            reason = await self._info.push(portal, news, upload)
            portal = await self._portals.get(portal.id)
        self._wake(scene.portal_id)
        if reason is not Reason.DELIVERED:
            return Done(reason, Result.FAILED)
        return Done(Reason.DELIVERED)

    async def move(self, scene: Scene[Content], new: ChatID) -> Done:
        """It was moved when the news came in (`intake.py`); what its room says of it follows."""
        found = await self._portals.find(scene.portal.key._replace(chat=new))
        if found is None or found.id != scene.portal_id:
            detail = "Its new ID is bridged to another room already."
            return Done(Reason.CHAT_MOVED, Result.FAILED, detail)
        self._wake(scene.portal_id)
        return Done(Reason.DELIVERED)
