"""Matrix to network: takes a job of a portal's lane to its end; failures reach its sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.codec import load_event
from bridgekit.errors import ChatMoved, LoginError, RetryLater
from bridgekit.facts import Chat
from bridgekit.flights import Flights
from bridgekit.gates import Gates
from bridgekit.ids import EventID, JobID, LoginID, MessageID, PortalID, UserID
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lanes.moot import Moot
from bridgekit.lanes.parking import Hold
from bridgekit.lanes.queue import Queue
from bridgekit.login.logins import NotConnected
from bridgekit.login.owners import Owners
from bridgekit.matrix.referring import redacted_event
from bridgekit.models import Flow, Part, Portal
from bridgekit.networks import Network, Networks
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals, counterpart
from bridgekit.signing import Signer
from bridgekit.store.failure import StoreDown
from bridgekit.store.jobs import Jobs
from bridgekit.store.media import revoke_links
from bridgekit.store.progress import SaveParts
from bridgekit.store.writer import Writer
from bridgekit.to_network.act import Act, Happened, Route, Scene
from bridgekit.to_network.ahead import goes_ahead
from bridgekit.to_network.amending import Amending
from bridgekit.to_network.blame import Blame
from bridgekit.to_network.burial import Burial
from bridgekit.to_network.examining import Examining
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.feedback import Feedback
from bridgekit.to_network.held import Cause, Held, HeldJob
from bridgekit.to_network.marks import Marks
from bridgekit.to_network.plan import limits_of, piece_in, plan
from bridgekit.to_network.reading import Reading
from bridgekit.to_network.sending import Sending
from bridgekit.to_network.speaker import Speaker, Speakers
from bridgekit.to_network.underway import Underway

PATIENCE = 10.0  # seconds for which a connecting login may hold its lane (delivery rule 10)
DEATHS = 3
MOVES = 5  # of a chat that one message follows


class ToNetwork:
    """The handler of all lanes to networks."""

    def __init__(  # noqa: PLR0917 (it is what all else is for)
        self,
        networks: Networks,
        portals: Portals,
        owners: Owners,
        speakers: Speakers,
        jobs: Jobs,
        writer: Writer,
        signer: Signer,
        flights: Flights,
        queue: Queue,
        gates: Gates,
        marks: Marks,
        reading: Reading,
        examining: Examining,
        feedback: Feedback,
        moved: Callable[[PortalID], None],
        linked: Callable[[PortalID], None],
        clock: Clock,
    ) -> None:
        """`moved` is told whose chat has another ID, `linked` whose messages are known now."""
        self._networks, self._portals, self._owners = networks, portals, owners
        self._speakers, self._examining = speakers, examining
        self._jobs, self._writer, self._signer = jobs, writer, signer
        self._sending = Sending(writer, flights, marks, signer)
        self._queue, self._gates, self._flights = queue, gates, flights
        self._reading, self._amending = reading, Amending(queue, jobs, writer, marks)
        self._feedback, self._burial = feedback, Burial(jobs, marks, feedback)
        self._moved, self._linked = moved, linked
        self.held = Held(clock, self._tell_waiting)
        self._underway: dict[JobID, Underway] = {}
        self._blame = Blame(queue.aside, self._underway)

    async def handle(self, journey: Journey) -> Done:
        known = self._underway.get(journey.job.id)
        if known is not None and known.verdict is not None:
            raise known.verdict  # it is decided; only its sender does not know yet
        try:
            done = await self._done(journey)
        except Moot as moot:
            done = dropped(moot.reason)
        return self._end(journey, done)

    async def _done(self, journey: Journey) -> Done:
        portal = await self._portal(journey)
        journey.network = portal.key.network
        network = self._networks.get(portal.key.network)
        if network is None:
            return dropped(Reason.NOT_LINKED)
        if portal.flow is Flow.TO_MATRIX:
            return dropped(Reason.ONE_WAY)
        await self._check(journey, network)
        event = load_event(journey.job.body or "")
        if not goes_ahead(event):
            await self._queue.stored(journey.job.lane)
        await self._revoke(event)
        self._speakers.check(UserID(event["sender"]), network)
        return await self._act(journey, portal, network, event)

    async def _check(self, journey: Journey, network: Network) -> None:
        if journey.job.deaths >= DEATHS:
            raise Failed(Reason.DEATHS)
        late = journey.now() - journey.job.received_at > network.options.expire_to_network
        if late and not await self._all_sent(journey):
            raise Failed(Reason.EXPIRED)

    async def _all_sent(self, journey: Journey) -> bool:
        """Whether only its end is not stored yet."""
        underway = self._underway.setdefault(journey.job.id, Underway())
        underway.recall(await self._jobs.parts(journey.job.id))
        return len(underway.sent) == underway.total

    async def _revoke(self, event: Mapping[str, Any]) -> None:
        """Also what became a link while the redaction waited, behind the split's own ending."""
        redacts = event["type"] == "m.room.redaction"
        if redacts and (target := redacted_event(event)) is not None:
            await self._writer.write(revoke_links(target))

    async def _act(
        self, journey: Journey, portal: Portal, network: Network, event: Mapping[str, Any]
    ) -> Done:
        underway = self._underway.get(journey.job.id)
        amended = await self._amending.latest(journey, event, underway)
        scene = self._scene(journey, portal, network, amended.event)
        act = await self._reading.act(scene, amended.edits)
        if isinstance(act, Done):
            return act
        speaker = await self._speakers.of(scene, act)
        try:
            return await self._send(scene, act, speaker)
        except (Hold, RetryLater) as error:
            self.held.add(journey, event, network.name, speaker.login, error)
            raise

    def _scene(
        self, journey: Journey, portal: Portal, network: Network, event: Mapping[str, Any]
    ) -> Scene:
        remote, ours = partial(self._owners.remote, network), self._owners.is_ours
        other = counterpart(portal)
        reader = None if other is None else self._owners.mxid(network.name, other)
        return Scene(journey, portal, network, event, remote, ours, reader)

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """Tell the sender why; the job stays as a dead one, to be retried or dropped."""
        self.held.drop(journey.job.id)
        underway = self._underway.setdefault(journey.job.id, Underway())
        return self._end(journey, await self._burial.bury(journey, error, underway))

    async def _tell_waiting(self, held: HeldJob) -> None:
        lane = held.journey.job.lane
        if held.cause in (Cause.BUSY, Cause.SCAN) or self._queue.aside.holds(lane, held.login):
            await self._feedback.waits(held)
        else:
            self.held.drop(held.journey.job.id)

    async def _portal(self, journey: Journey) -> Portal:
        portal = journey.job.lane.portal
        assert portal is not None  # noqa: S101 (a lane to a network is a portal's)
        return await self._portals.get(portal)

    async def _send(self, scene: Scene, act: Act, speaker: Speaker) -> Done:
        journey, network, login = scene.journey, scene.network, speaker.login
        kind = type(act).__name__
        self._gates.check(network.name, login, kind)
        self._blame.check(journey, network.logins, login)
        try:
            route = await self._route(scene, speaker)
            parts = await self._parts(scene, act, route)
            if isinstance(parts, Done):
                return parts
            underway = self._begin(scene, login, len(parts))
            await self._sending.send(journey, route, parts, underway)
        except LoginError as error:
            later = self._blame.refused(journey, network.logins, login, error)
            if later is None:
                raise
            self._interrupted(journey)
            raise later from error
        except ChatMoved as error:
            await self._follow(scene, error)
            raise
        except RetryLater as error:
            if not isinstance(error, StoreDown):
                self._gates.close(error, network.name, login, kind)
            self._interrupted(journey)
            raise
        self._blame.took(journey, network.logins, login)
        if not self._owners.is_ours(scene.sender):  # nobody reads for a ghost
            await self._feedback.noted(journey, underway)
        messages = [MessageID(message) for message in underway.targets()]
        happened = Happened([piece_in(part) for part in parts], messages)
        how = " ".join(underway.notes)  # `trace` says which fallback it was
        return Done(Reason.DELIVERED, detail=how, also=act.remembered(scene, route, happened))

    async def _follow(self, scene: Scene, moved: ChatMoved) -> None:
        """The chat goes by another ID: it is sent there, unless that is a chat of its own."""
        old, journey = scene.portal, scene.journey
        if journey.moves >= MOVES or moved.new == old.key.chat:
            return
        if await self._portals.move(old, moved.new) is not None:
            self._moved(old.id)
            await scene.network.host.refresh_chats()
            self._interrupted(journey)
            journey.moves += 1
            raise RetryLater("The chat has another ID now", after=0.0) from moved

    async def _route(self, scene: Scene, speaker: Speaker) -> Route:
        network, portal, login = scene.network, scene.portal, speaker.login
        chat = Chat(portal.key.chat, private=portal.private)
        client = await self._client(scene.journey, network, login, chat)
        limits = limits_of(client, chat, network.adapter.manifest.limits)
        calls, fallbacks = network.logins.calls(login), network.options.fallbacks
        return Route(client, calls, limits, login, chat, speaker.author, speaker.relayed, fallbacks)

    async def _client(
        self, journey: Journey, network: Network, login: LoginID, chat: Chat
    ) -> Client:
        if login in self._gates.paused or self._queue.aside.holds(journey.job.lane, login):
            raise Hold(login, network.logins.refused.why(login))  # behind what it said before
        began = journey.clock.monotonic()
        try:
            return await network.logins.ready(login, chat, PATIENCE)
        except NotConnected:
            raise Hold(login) from None
        finally:
            journey.wait("login", journey.clock.monotonic() - began)

    async def _parts(self, scene: Scene, act: Act, route: Route) -> list[Part] | Done:
        """The stored plan, else a new one; more than one part is stored before any is sent."""
        journey, job = scene.journey, scene.journey.job
        tried = job.doubtful or job.attempts or job.deaths or journey.planned
        stored = await self._jobs.parts(job.id) if tried else []
        if stored and all(part.body is not None for part in stored):
            return stored
        wanted = await self._examining.pieces(act, scene, route)
        if isinstance(wanted, Done):
            return wanted
        txn = partial(self._signer.remote_txn, scene.portal.id, job.source)
        parts = plan(wanted.pieces, [txn(number) for number in range(len(wanted.pieces))])
        if stored:  # without bodies: by an older release, or as a restored copy is put in doubt
            parts = [replace(part, state=stored[0].state) for part in parts]
            parts[0] = replace(parts[0], ids=stored[0].ids)
        journey.planned = True  # also if the answer of the commit is lost
        if len(parts) > 1:
            await self._writer.write(SaveParts(job.id, parts))
        underway = self._underway.setdefault(job.id, Underway())
        underway.notes.update(dict.fromkeys(wanted.notes))
        return parts

    def _begin(self, scene: Scene, login: LoginID, total: int) -> Underway:
        underway = self._underway.setdefault(scene.journey.job.id, Underway())
        underway.sender, underway.login, underway.total = scene.sender, login, total
        if underway.land is None:
            underway.land = self._flights.take_off(scene.portal.id, login)
        return underway

    def _interrupted(self, journey: Journey) -> None:
        """Where something was sent, or may have been, what is seen of it still has to wait."""
        underway = self._underway.get(journey.job.id)
        if underway is not None and not underway.sent and underway.doubt is None:
            underway.landed()

    def _end(self, journey: Journey, done: Done) -> Done:
        """The end, whichever, with all that belongs into its commit and comes after it."""
        self.held.drop(journey.job.id)
        underway = self._underway.get(journey.job.id, Underway())
        portal, source = journey.job.lane.portal, EventID(journey.job.source)
        assert portal is not None  # noqa: S101 (a lane to a network is a portal's)
        return replace(
            done,
            targets=(*done.targets, *underway.targets()),
            links=[*done.links, *underway.links(portal, source)],
            pending=[*done.pending, *underway.pending(portal, source)],
            then=partial(self._ended, portal, journey.job.id),
        )

    def _ended(self, portal: PortalID, job: JobID) -> None:
        underway = self._underway.pop(job, Underway())
        underway.landed()
        if underway.targets():
            self._linked(portal)
