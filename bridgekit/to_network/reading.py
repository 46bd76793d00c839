"""What an event of a portal's lane asks of the network, by what kind of event it is."""

from __future__ import annotations

from bridgekit.ids import EventID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.referring import edited_event, redacted_event
from bridgekit.originals import Originals
from bridgekit.reasons import Reason
from bridgekit.store.jobs import Jobs
from bridgekit.to_network.act import Act, Scene
from bridgekit.to_network.chat import read_change, read_entry, read_ranks
from bridgekit.to_network.deletion import Deletions
from bridgekit.to_network.edit import Edits
from bridgekit.to_network.files import msgtype_of
from bridgekit.to_network.fitting import Fitting
from bridgekit.to_network.location import read_location
from bridgekit.to_network.membership import read_membership
from bridgekit.to_network.pin import read_pins
from bridgekit.to_network.poll import read_poll, read_poll_end
from bridgekit.to_network.reaction import Reactions
from bridgekit.to_network.rights import Rights
from bridgekit.to_network.saying import read_saying
from bridgekit.to_network.targets import Targets
from bridgekit.to_network.vote import Votes


class Reading:
    """Turns events into acts; asks the store what they refer to."""

    def __init__(
        self, targets: Targets, jobs: Jobs, originals: Originals, fitting: Fitting, rights: Rights
    ) -> None:
        self._targets, self._originals = targets, originals
        self._fitting, self._rights = fitting, rights
        self._edits = Edits(targets, originals, fitting)
        self._reactions = Reactions(targets, fitting)
        self._votes = Votes(targets, originals)
        self._deletions = Deletions(targets, jobs, self._reactions, self._votes, self._edits)

    async def act(  # noqa: C901, PLR0911 (a case a kind)
        self, scene: Scene, absorbed: tuple[EventID, ...] = ()
    ) -> Act | Done:
        """Raises `Failed` for what cannot be sent, `Moot` for what need not, `Park` for later."""
        match scene.event["type"]:
            case "m.room.message" | "m.room.encrypted" | "m.sticker":
                return await self._message(scene, absorbed)
            case "m.room.redaction":
                self._forget(scene)
                return await self._deletions.read(scene)
            case "m.reaction":
                return await self._reactions.read(scene)
            case "m.poll.start" | "org.matrix.msc3381.poll.start":
                return await read_poll(scene, self._targets)
            case "m.poll.response" | "org.matrix.msc3381.poll.response":
                return await self._votes.read(scene)
            case "m.poll.end" | "org.matrix.msc3381.poll.end":
                return await read_poll_end(scene, self._targets, self._originals, self._rights)
            case "m.room.pinned_events":
                return await read_pins(scene, self._targets, self._fitting)
            case "m.room.member":
                return read_membership(scene)
            case "m.room.power_levels":
                return await self._of_open_room(scene, read_ranks(scene))
            case "m.room.name" | "m.room.topic" | "m.room.avatar":
                return read_change(scene)
            case "m.room.join_rules":
                return await self._of_open_room(scene, read_entry(scene))
        raise Moot(Reason.NOT_BRIDGED_KIND)

    async def _of_open_room(self, scene: Scene, act: Act) -> Act:
        """Homeservers raise the levels of a room that was replaced: that is no rule of its chat."""
        if await self._rights.is_replaced(scene):
            raise Moot(Reason.NO_CHANGE)
        return act

    def _forget(self, scene: Scene) -> None:
        """What is redacted is quoted no more."""
        original = redacted_event(scene.event)
        if original is not None:
            self._originals.forget(scene.room, original)

    async def _message(self, scene: Scene, absorbed: tuple[EventID, ...]) -> Act | Done:
        if edited_event(scene.content) is not None:
            return await self._edits.read(scene)
        self._edits.sent(scene)
        if msgtype_of(scene.event) == "m.location":
            return await read_location(scene, self._targets)
        return await read_saying(scene, self._targets, self._fitting, self._rights, absorbed)
