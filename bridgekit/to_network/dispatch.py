"""Matrix to network: takes a job of a portal's lane to its end; failures reach its sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridgekit.adapter import Client, Limits, Sent
from bridgekit.codec import load_event
from bridgekit.errors import LoginError, RetryLater
from bridgekit.events import MatrixEvent, Message
from bridgekit.facts import Chat
from bridgekit.flights import Flights
from bridgekit.gates import Gates
from bridgekit.ghosts import Ghosts
from bridgekit.ids import EventID, LoginID, RemoteUserID, RoomID, UserID
from bridgekit.journey import Done, Journey, dropped
from bridgekit.logins import NotConnected
from bridgekit.models import Link, Part, Portal, Result
from bridgekit.networks import Network, Networks
from bridgekit.owners import Owners
from bridgekit.permissions import Level, level_of
from bridgekit.portals import Portals
from bridgekit.profiles import Profiles
from bridgekit.queue import Hold, Queue
from bridgekit.reasons import Reason
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.jobs import Jobs
from bridgekit.store.progress import Pending, SaveParts
from bridgekit.store.writer import Writer
from bridgekit.to_network.failure import Failed, reason_of
from bridgekit.to_network.message import message_of
from bridgekit.to_network.plan import limits_of, messages_of, plan
from bridgekit.to_network.sending import Route, Sending

PATIENCE = 10.0  # seconds for which a connecting login may hold its lane (delivery rule 10)
DEATHS = 3


class ToNetwork:
    """The handler of all lanes to networks."""

    def __init__(
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
    ) -> None:
        self._networks, self._portals, self._owners = networks, portals, owners
        self._profiles, self._ghosts, self._permissions = profiles, ghosts, permissions
        self._jobs, self._writer, self._signer = jobs, writer, signer
        self._sending = Sending(writer, flights)
        self._status, self._queue, self._gates = status, queue, gates
        self._flights = flights

    async def handle(self, journey: Journey) -> Done:
        event = load_event(journey.job.body or "")
        portal = await self._portal(journey)
        network = self._networks.get(portal.key.network)
        if network is None:
            return dropped(Reason.NOT_LINKED)
        if journey.job.deaths >= DEATHS:
            raise Failed(Reason.DEATHS)
        sender = UserID(event["sender"])
        if level_of(sender, self._permissions) < Level.RELAY:
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
        return await self._send(journey, portal, network, login, sending)

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """Tell the sender why; the job stays as a dead one, to be retried or dropped."""
        reason, detail = reason_of(error)
        event = load_event(journey.job.body or "")
        portal = await self._portal(journey)
        speaker = None
        if portal.private:  # a room that the person made: the bot may not be in it
            ghost = await self._ghosts.ensure(portal.key.network, RemoteUserID(portal.key.chat))
            speaker = ghost.mxid
        await self._status.tell(journey, event, reason, detail, speaker)
        result = Result.UNKNOWN if reason is Reason.MAY_NOT_BE_SENT else Result.FAILED
        return Done(reason, result, detail, bury=True)

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
        client = await self._client(journey, network, login, event.chat)
        limits = limits_of(client, event, network.adapter.manifest.limits)
        parts = await self._parts(journey, portal, client, event, limits)
        land = self._flights.take_off(portal.id, login)
        try:
            sent = await self._sending.send(journey, Route(client, limits), event, parts)
        except BaseException as error:
            land()
            if isinstance(error, LoginError):
                network.logins.refuse(login, str(error))
            elif isinstance(error, RetryLater):
                self._gates.close(error, network.name, login)
            raise
        return self._done(journey, portal, event, sent, land)

    async def _client(
        self, journey: Journey, network: Network, login: LoginID, chat: Chat
    ) -> Client:
        behind = self._queue.holds(journey.job.lane, login)
        began = journey.clock.monotonic()
        try:
            return await network.logins.ready(login, chat, 0.0 if behind else PATIENCE)
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
        if journey.job.doubtful or journey.job.attempts or journey.planned:
            stored = await self._jobs.parts(journey.job.id)
            if stored:
                return stored
        messages = messages_of(client, event, limits)
        source = journey.job.source
        txns = [
            self._signer.remote_txn(portal.id, source, number) for number in range(len(messages))
        ]
        parts = plan(messages, txns)
        if len(parts) > 1:
            await self._writer.write(SaveParts(journey.job.id, parts))
        journey.planned = True
        return parts

    def _done(
        self,
        journey: Journey,
        portal: Portal,
        event: MatrixEvent[Message],
        sent: list[tuple[Part, Sent]],
        land: Callable[[], None],
    ) -> Done:
        source, author = EventID(journey.job.source), event.author.name
        links, pending = [], []
        for part, answer in sent:
            links += [Link(portal.id, one, part.number, source, author) for one in answer.ids]
            if answer.pending:
                pending.append(Pending(portal.id, part.txn, part.number, source, author))
        targets = tuple(one for _, answer in sent for one in answer.ids)
        return Done(Reason.DELIVERED, targets=targets, links=links, pending=pending, then=land)
