"""A chat's name, topic and picture, and who may come in, brought to its room when they change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bridgekit.facts import Attachment, ChatInfo
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.person.naming import clean_name
from bridgekit.reasons import Reason
from bridgekit.richtext.canonical import sound
from bridgekit.room.rooms import LONGEST_TOPIC
from bridgekit.room.shown import UNLISTED
from bridgekit.room.state import RoomState

_JOIN_RULES = "m.room.join_rules"

Upload = Callable[[Attachment], Awaitable[str | None]]


class ChatInfoPush:
    """Of all rooms."""

    def __init__(self, state: RoomState, intents: Intents, namespaces: Namespaces) -> None:
        self._state, self._intents, self._namespaces = state, intents, namespaces

    async def push(self, portal: Portal, info: ChatInfo, upload: Upload) -> Reason:
        """Bring what `info` says to the portal's room, if it has one; raises `RetryLater`.

        None leaves a thing as it is, "" clears it. `upload` gives a picture's mxc, None where it
        cannot be had. A direct chat goes by its person's name, so that none is set: clients show
        the ghost's. Any other than DELIVERED is why a part of it is not there.
        """
        if portal.room is None:
            return Reason.DELIVERED
        taken = True
        if info.name is not None and not (info.direct or portal.private):
            taken &= await self._state.put(portal, "m.room.name", {"name": clean_name(info.name)})
        if info.topic is not None:
            topic = sound(info.topic)[:LONGEST_TOPIC]
            taken &= await self._state.put(portal, "m.room.topic", {"topic": topic})
        if info.by_invitation is not None and portal.ours and not portal.private:
            taken &= await self._closed(portal, closed=info.by_invitation)
        if info.secret or (info.secret is False and await self._state.known(portal, UNLISTED)):
            await self._state.note(portal, UNLISTED, info.secret)
        picture = Reason.DELIVERED
        if info.avatar is not None:
            picture = await self._picture(portal, info.avatar, upload)
        return picture if taken else Reason.NO_POWER

    async def _closed(self, portal: Portal, *, closed: bool) -> bool:
        """Only what was closed for its chat is opened again: others are as people want them."""
        if not closed and await self._state.known(portal, _JOIN_RULES) is None:
            return True
        if closed and await self._is_closed(portal):
            return True  # by people, who may have let in whom they know
        rule = "invite" if closed else "public"
        taken = await self._state.put(portal, _JOIN_RULES, {"join_rule": rule})
        if closed:
            await self._take_names(portal)
        return taken

    async def _is_closed(self, portal: Portal) -> bool:
        assert portal.room is not None  # noqa: S101 (only bound portals are pushed to)
        if await self._state.known(portal, _JOIN_RULES) is not None:
            return False  # it is as we have set it, and that is looked up cheaply
        rules = await self._intents.state(portal.room, _JOIN_RULES)
        return bool((rules or {}).get("join_rule", "public") != "public")

    async def _take_names(self, portal: Portal) -> None:
        """Who may not come in is led nowhere; once all may, the homeserver asks for names anew."""
        assert portal.room is not None  # noqa: S101 (only bound portals are pushed to)
        with suppress(Refused):  # of a room that the bot was put out of, nobody tells it
            for alias in await self._intents.aliases(portal.room):
                named = self._namespaces.alias_name(alias)
                if named is not None and named.network == portal.key.network:
                    await self._intents.remove_alias(alias)

    async def ours(self, portal: Portal, kind: str) -> bool:
        """Whether the room has what we set last, as far as is known."""
        return await self._state.known(portal, kind) is not None

    async def _picture(self, portal: Portal, avatar: Attachment, upload: Upload) -> Reason:
        content = {}
        if avatar.source:  # "": it was taken away
            mxc = await upload(avatar)
            if mxc is None:
                return Reason.FILE_MISSING
            content = {"url": mxc}
        taken = await self._state.put(portal, "m.room.avatar", content)
        return Reason.DELIVERED if taken else Reason.NO_POWER
