"""Network to Matrix: takes a job of a portal's lane to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from bridgekit.codec import BrokenRecord, load
from bridgekit.errors import Rejected
from bridgekit.events import Content, Raw, RemoteEvent
from bridgekit.ids import EventID, PortalID
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lanes.news import News
from bridgekit.login.owners import Owners
from bridgekit.models import Portal, Result
from bridgekit.moderation.moderation import Moderation
from bridgekit.networks import Network, Networks
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.scanning.verdict import Blocked
from bridgekit.store.jobs import Jobs
from bridgekit.to_matrix.doubts import Doubts
from bridgekit.to_matrix.echo import Echoes
from bridgekit.to_matrix.examining import Examining
from bridgekit.to_matrix.kinds import Kinds, reason_of
from bridgekit.to_matrix.raw import bridge_raw
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.unfinished import Expired, Halfway, check_age


class ToMatrix:
    """The handler of all lanes to Matrix."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        owners: Owners,
        echoes: Echoes,
        doubts: Doubts,
        kinds: Kinds,
        examining: Examining,
        news: News,
        moderation: Moderation,
        jobs: Jobs,
        linked: Callable[[PortalID], None],
    ) -> None:
        """`linked` is told whose messages are known now, of those that an echo names."""
        self._networks, self._portals, self._owners = networks, portals, owners
        self._echoes, self._doubts, self._kinds = echoes, doubts, kinds
        self._linked, self._examining = linked, examining
        self._news, self._moderation, self._jobs = news, moderation, jobs

    async def handle(self, journey: Journey) -> Done:
        lane_portal = journey.job.lane.portal
        assert lane_portal is not None  # noqa: S101 (a lane to Matrix is a portal's)
        portal = await self._portals.get(lane_portal)
        journey.network = portal.key.network
        record = load(journey.job.body or "")
        network = self._networks.get(portal.key.network)
        if network is None:
            return dropped(Reason.NOT_LINKED)  # the network is no longer configured
        if portal.key.receiver is not None:
            await self._owners.recall(network, portal.key.receiver)
        if isinstance(record, Raw):

            async def take(event: RemoteEvent[Content]) -> Done:
                now = await self._portals.get(portal.id)  # one of them may have made its room
                why = self._objection(now, network, event)
                if why is not None:
                    return dropped(why)
                return await self._event(Scene(journey, now, network, event), judged=False)

            return await bridge_raw(journey, portal, network, record, take)
        scene = Scene(journey, portal, network, record)
        return await self._event(scene, judged=record.txn is None)

    def _objection(
        self, portal: Portal, network: Network, event: RemoteEvent[Content]
    ) -> Reason | None:
        """Asked only now, since who said it was not known when it was stored."""
        if network.logins.holder(event.sender) is not None:
            return None  # it may be the echo of what its person said on Matrix
        return self._moderation.of_message(portal, event, f"k:{network.name}:{event.key}")

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """There is nobody on Matrix to tell; the outcome and the dead job say it."""
        match error:
            case Halfway():
                return error.ended(await self.bury(journey, error.why))
            case Expired(unsure=True):
                return Done(Reason.EXPIRED, Result.UNKNOWN, bury=True)
            case Expired():
                reason, detail = Reason.EXPIRED, ""
            case Blocked():
                reason, detail = Reason.BLOCKED, str(error)
            case Rejected():
                reason, detail = reason_of(error), str(error)
            case BrokenRecord():
                reason, detail = Reason.BROKEN_RECORD, str(error)
            case _:
                # Its text may quote the message; the queue logs where it happened.
                reason, detail = Reason.INTERNAL, type(error).__name__
        return Done(reason, Result.FAILED, detail, bury=True)

    async def _event(self, scene: Scene[Content], *, judged: bool) -> Done:
        journey, network = scene.journey, scene.network
        news = self._news.sure(journey.job)
        echo = await self._echoes.settle(
            scene.portal, network, scene.event, judged=judged, news=news
        )
        if echo is not None:
            there = await self._shown_before(scene, echo)
            if not there:
                return await self._known(scene, echo)
            scene = replace(scene, there=there)
        check_age(journey, network)
        return await self._kinds.bridge(await self._examining.looked_through(scene))

    async def _shown_before(self, scene: Scene[Content], echo: Done) -> Mapping[int, EventID]:
        """What it has shown itself, as far as it came: an operator has it tried again."""
        job, message = scene.journey.job, scene.event.id
        known = not echo.links and echo.reason in (Reason.DUPLICATE, Reason.OWN_ECHO)
        if message is None or not known or not scene.journey.doubtful:
            return {}
        if all(end.job != job.id for end in await self._jobs.ended(job.lane, job.source)):
            return {}
        links = await self._portals.rows.links(scene.portal_id, message)
        return {link.part: link.event for link in links}

    async def _known(self, scene: Scene[Content], echo: Done) -> Done:
        """Our own message; one whose ID we learn now may be one that nobody was sure of."""
        txn = scene.event.txn
        if not echo.links or txn is None:
            return echo
        also = await self._doubts.over(scene.journey, scene.portal, txn, echo.links)
        return replace(echo, also=[*echo.also, *also], then=partial(self._linked, scene.portal_id))
