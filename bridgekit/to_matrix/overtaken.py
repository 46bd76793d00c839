"""What a network tells of a chat may be older than what people on Matrix have changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridgekit.events import Content
from bridgekit.facts import ChatInfo
from bridgekit.ids import UserID
from bridgekit.lanes.queue import Queue
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import lane_to_network
from bridgekit.room.info import ChatInfoPush
from bridgekit.store.jobs import Jobs
from bridgekit.to_matrix.scene import Scene

_CHANGED_BY = {"name": "m.room.name", "topic": "m.room.topic", "avatar": "m.room.avatar"}


class Overtaken:
    """Looks only where something else than the network's last word may be in the room."""

    def __init__(
        self, queue: Queue, jobs: Jobs, owners: Owners, intents: Intents, info: ChatInfoPush
    ) -> None:
        self._queue, self._jobs, self._info = queue, jobs, info
        self._owners, self._intents = owners, intents

    async def left(self, scene: Scene[Content], info: ChatInfo) -> ChatInfo:
        """What of it is still news."""
        told = [name for name in _CHANGED_BY if getattr(info, name) is not None]
        older = [name for name in told if await self._is_older(scene, _CHANGED_BY[name])]
        nothing: dict[str, Any] = dict.fromkeys(older)
        return replace(info, **nothing)

    async def _is_older(self, scene: Scene[Content], kind: str) -> bool:
        # Where nobody did it, a network only tells how its chat is, as on a connect.
        nobody, doubtful = scene.event.sender is None, scene.journey.doubtful
        if nobody and self._is_on_its_way(scene, kind):
            return True
        if not (nobody or doubtful) or await self._info.ours(scene.portal, kind):
            return False
        event = await self._by_a_person(scene, kind)
        if event is None:
            return False
        # In doubt it may be set already: not once more over what came after it.
        if doubtful and int(event["origin_server_ts"]) > scene.journey.job.received_at:
            return True
        told = nobody and await self._was_told(scene, str(event["event_id"]))
        # Once more: it may have come while all of this was looked up.
        return told or (nobody and self._is_on_its_way(scene, kind))

    def _is_on_its_way(self, scene: Scene[Content], kind: str) -> bool:
        """Whether somebody on Matrix has changed it, and the network does not have that yet."""
        return self._queue.busy(lane_to_network(scene.portal_id), kind)

    async def _by_a_person(self, scene: Scene[Content], kind: str) -> Mapping[str, Any] | None:
        assert scene.room is not None  # noqa: S101 (whoever asks has looked)
        try:
            event = await self._intents.state_event(scene.room, kind)
        except Refused:
            return None
        if event is None or self._owners.is_ours(UserID(str(event["sender"]))):
            return None
        return event

    async def _was_told(self, scene: Scene[Content], event: str) -> bool:
        """Whether the network had this change only after it said how its chat is."""
        ends = await self._jobs.ended(lane_to_network(scene.portal_id), event)
        return any(end.finished_at >= scene.journey.job.received_at for end in ends)
