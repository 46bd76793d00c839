"""Matrix to network: takes a job of a portal's lane to its end; failures reach its sender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import structlog

from bridgekit.adapter import Client, Limits
from bridgekit.clock import Clock
from bridgekit.codec import load_event
from bridgekit.errors import LoginError, RetryLater
from bridgekit.events import MatrixEvent, Message
from bridgekit.facts import Chat
from bridgekit.flights import Flights
from bridgekit.gates import Gates
from bridgekit.ghosts import Ghosts
from bridgekit.ids import EventID, JobID, LoginID, RemoteUserID, RoomID, UserID
from bridgekit.journey import Done, Journey, dropped
from bridgekit.logins import NotConnected
from bridgekit.models import Flow, Part, Portal, Result
from bridgekit.networks import Network, Networks
from bridgekit.owners import Owners
from bridgekit.parking import Hold
from bridgekit.permissions import Level, level_of
from bridgekit.portals import Portals
from bridgekit.profiles import Profiles
from bridgekit.queue import Queue
from bridgekit.reasons import Reason
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.failure import StoreDown
from bridgekit.store.jobs import Jobs
from bridgekit.store.progress import SaveParts
from bridgekit.store.writer import Writer
from bridgekit.to_network.failure import Failed, naming_part, reason_of
from bridgekit.to_network.held import Held, HeldJob
from bridgekit.to_network.message import message_of
from bridgekit.to_network.plan import limits_of, messages_of, plan
from bridgekit.to_network.sending import Route, Sending
from bridgekit.to_network.underway import Underway

log = structlog.get_logger()

PATIENCE = 10.0  # seconds for which a connecting login may hold its lane (delivery rule 10)
DEATHS = 3
# What ends so would end so again, so nothing of it is kept for a retry.
HOPELESS = frozenset({Reason.NOT_PERMITTED, Reason.UNSUPPORTED, Reason.EMPTY, Reason.ENCRYPTED})


class ToNetwork:
    """The handler of all lanes to networks."""

    def __init__(  # noqa: PLR0917 (it is what all else is for)
        self,
        networks: Networks,
        portals: Portals,
        owners: Owners,
        profiles: Profiles,
        ghosts: Ghosts,
        permissions: Mapping[str, Level],
        jobs: Jobs,
        writer: Writer,
        signer: Signer,
        flights: Flights,
        status: Status,
        queue: Queue,
        gates: Gates,
        clock: Clock,
    ) -> None:
        self._networks, self._portals, self._owners = networks, portals, owners
        self._profiles, self._ghosts, self._permissions = profiles, ghosts, permissions
        self._jobs, self._writer, self._signer = jobs, writer, signer
        self._sending = Sending(writer, flights)
        self._status, self._queue, self._gates = status, queue, gates
        self._flights = flights
        self._underway: dict[JobID, Underway] = {}
        self.held = Held(clock, self._tell_waiting)

    async def handle(self, journey: Journey) -> Done:
        known = self._underway.get(journey.job.id)
        if known is not None and known.verdict is not None:
            raise known.verdict  # it is decided; only its sender does not know yet
        portal = await self._portal(journey)
        journey.network = portal.key.network
        event = load_event(journey.job.body or "")
        network = self._networks.get(portal.key.network)
        if network is None:
            return dropped(Reason.NOT_LINKED)
        if portal.flow is Flow.TO_MATRIX:
            return dropped(Reason.ONE_WAY)
        if journey.job.deaths >= DEATHS:
            raise Failed(Reason.DEATHS)
        sender = UserID(event["sender"])
        if not self._may_speak(sender):
            raise Failed(Reason.NOT_PERMITTED)
        message = message_of(event, lambda user: self._owners.remote(network, user))
        profile = await self._profiles.of(RoomID(event["room_id"]), sender)
        login = await self._owners.login_for(network, sender, profile)
        if portal.private and login != portal.key.receiver:
            raise Failed(Reason.NO_LOGIN, "Only the person whose chat this is can speak in it.")
        if login is None:
            raise Failed(Reason.NO_LOGIN)
        chat = Chat(portal.key.chat, private=portal.private)
        relayed = not self._owners.owned(login)
        txn = self._signer.remote_txn(portal.id, event["event_id"], 0)
        sending = MatrixEvent(chat, message, txn, profile, relayed=relayed)
        try:
            done = await self._send(journey, portal, network, login, sending)
        except Hold:
            self.held.add(journey, event, network.name, login)
            raise
        self.held.drop(journey.job.id)
        return done

    def _may_speak(self, sender: UserID) -> bool:
        """What another portal of the room brought is permitted: the operator linked both."""
        return self._owners.is_ours(sender) or level_of(sender, self._permissions) >= Level.RELAY

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """Tell the sender why; the job stays as a dead one, to be retried or dropped."""
        job = journey.job
        self.held.drop(job.id)
        underway = self._underway.setdefault(job.id, Underway())
        underway.verdict = error
        reason, detail = reason_of(error)
        underway.recall(await self._jobs.parts(job.id))
        sure = underway.doubt is None
        detail = naming_part(detail, len(underway.sent), underway.total, sure=sure)
        try:
            await self._tell(journey, reason, detail, underway)
        except RetryLater:
            raise  # the lane waits, and tells later
        except Exception as problem:  # noqa: BLE001 (who cannot be told must not stop the lane)
            log.warning("sender not told", ref=job.reference, error=type(problem).__name__)
        result = Result.FAILED if sure else Result.UNKNOWN
        return self._end(
            journey, Done(reason, result, detail, bury=reason not in HOPELESS), underway
        )

    async def _tell(
        self, journey: Journey, reason: Reason, detail: str, underway: Underway
    ) -> None:
        how = "was not bridged"
        if underway.doubt is not None:
            how = "may not have been bridged"
        elif underway.sent:
            how = "was bridged only in part"
        event = load_event(journey.job.body or "")
        speaker = await self._speaker(journey)
        await self._status.tell(journey, event, reason, detail, speaker, how=how)

    async def _tell_waiting(self, held: HeldJob) -> None:
        if not self._queue.aside.holds(held.journey.job.lane, held.login):
            self.held.drop(held.journey.job.id)
            return
        why = f"{held.network} is not connected; it is sent as soon as it is connected again."
        speaker = await self._speaker(held.journey)
        await self._status.tell_waiting(held.journey, held.event, why, speaker)

    async def _speaker(self, journey: Journey) -> UserID | None:
        """Who speaks in a room that a person made: the bot may not be in it."""
        portal = await self._portal(journey)
        if not portal.private:
            return None
        ghost = await self._ghosts.ensure(portal.key.network, RemoteUserID(portal.key.chat))
        return ghost.mxid

    async def _portal(self, journey: Journey) -> Portal:
        portal = journey.job.lane.portal
        assert portal is not None  # noqa: S101 (a lane to a network is a portal's)
        return await self._portals.get(portal)

    async def _send(
        self,
        journey: Journey,
        portal: Portal,
        network: Network,
        login: LoginID,
        event: MatrixEvent[Message],
    ) -> Done:
        self._gates.check(network.name, login)
        try:
            client = await self._client(journey, network, login, event.chat)
            limits = limits_of(client, event, network.adapter.manifest.limits)
            parts = await self._parts(journey, portal, client, event, limits)
            underway = self._begin(journey, portal, login, event, len(parts))
            await self._sending.send(journey, Route(client, limits), event, parts, underway)
        except LoginError as error:
            network.logins.refuse(login, str(error))
            raise
        except RetryLater as error:
            if not isinstance(error, StoreDown):
                self._gates.close(error, network.name, login)
            self._interrupted(journey)
            raise
        return self._end(journey, Done(Reason.DELIVERED), underway)

    async def _client(
        self, journey: Journey, network: Network, login: LoginID, chat: Chat
    ) -> Client:
        if self._queue.aside.holds(journey.job.lane, login):
            raise Hold(login)  # behind what its person said before
        began = journey.clock.monotonic()
        try:
            return await network.logins.ready(login, chat, PATIENCE)
        except NotConnected:
            raise Hold(login) from None
        finally:
            journey.wait("login", journey.clock.monotonic() - began)

    async def _parts(
        self,
        journey: Journey,
        portal: Portal,
        client: Client,
        event: MatrixEvent[Message],
        limits: Limits,
    ) -> list[Part]:
        """The stored plan, else a new one; more than one part is stored before any is sent."""
        job = journey.job
        if job.doubtful or job.attempts or job.deaths or journey.planned:
            stored = await self._jobs.parts(job.id)
            if stored:
                return stored
        messages = messages_of(client, event, limits)
        txns = [
            self._signer.remote_txn(portal.id, job.source, number)
            for number in range(len(messages))
        ]
        parts = plan(messages, txns)
        journey.planned = True  # also if the answer of the commit is lost
        if len(parts) > 1:
            await self._writer.write(SaveParts(job.id, parts))
        return parts

    def _begin(
        self,
        journey: Journey,
        portal: Portal,
        login: LoginID,
        event: MatrixEvent[Message],
        total: int,
    ) -> Underway:
        underway = self._underway.setdefault(journey.job.id, Underway())
        underway.author, underway.total = event.author.name, total
        if underway.land is None:
            underway.land = self._flights.take_off(portal.id, login)
        return underway

    def _interrupted(self, journey: Journey) -> None:
        """Where something was sent, or may have been, what is seen of it still has to wait."""
        underway = self._underway.get(journey.job.id)
        if underway is not None and not underway.sent and underway.doubt is None:
            underway.landed()

    def _end(self, journey: Journey, done: Done, underway: Underway) -> Done:
        """The end with all that belongs into its commit."""
        portal, source = journey.job.lane.portal, EventID(journey.job.source)
        assert portal is not None  # noqa: S101 (a lane to a network is a portal's)
        return replace(
            done,
            targets=underway.targets(),
            links=underway.links(portal, source),
            pending=underway.pending(portal, source),
            then=partial(self._ended, journey.job.id),
        )

    def _ended(self, job: JobID) -> None:
        self._underway.pop(job, Underway()).landed()
