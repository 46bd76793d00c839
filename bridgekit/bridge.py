"""The composition root: builds the bridge from its configuration, runs it, and drains it."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial

import structlog
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.composition.encryption_parts import begin
from bridgekit.composition.parts import Parts, assemble
from bridgekit.configuration.config import Config
from bridgekit.configuration.settings import PostgreSQL
from bridgekit.errors import ConfigError, RetryLater
from bridgekit.fault import fault_of
from bridgekit.introduction import homeserver_ready
from bridgekit.lanes.attempt import Handler
from bridgekit.lanes.expiry import Expiry
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.turns import MOST
from bridgekit.media.fetcher import Fetcher
from bridgekit.metrics.health import Health
from bridgekit.metrics.readings import Readings
from bridgekit.models import Direction
from bridgekit.networks import Network
from bridgekit.operating.brake import BrakedHandler
from bridgekit.operating.operator_room import OperatorRoom
from bridgekit.operating.starts import note_start
from bridgekit.patience import once_stored
from bridgekit.pruning import Pruning
from bridgekit.store.changes import note
from bridgekit.store.store import Store, open_store
from bridgekit.to_network.dispatch import ToNetwork
from bridgekit.web.listening import listening
from bridgekit.web.monitoring import Monitoring
from bridgekit.web.public import served

log = structlog.get_logger()

Work = Callable[[], Awaitable[object]]
ANSWER = ClientTimeout(total=60, sock_connect=10)
CONNECTIONS = MOST + 64  # files never take the place of what is said
NETWORK = "network "  # and its name: what the task that keeps it up is called
STEADY = 30.0  # seconds after which a network counts as having worked


@dataclass(slots=True)
class Bridge:
    """One run of a bridge. `ready` is set once everything that is configured is at work."""

    config: Config
    clock: Clock
    rng: random.Random = field(default_factory=random.SystemRandom)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    fetcher: Fetcher = field(default_factory=Fetcher)
    parts: Parts | None = None
    health: Health | None = None
    reread: Callable[[], Config] | None = None  # the configuration, as it is now
    level: Callable[[str], None] | None = None  # how much the log says

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then drain; `ConfigError` says what must be mended first."""
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(
                open_store(database_url(self.config), self.clock)
            )
            session = await stack.enter_async_context(
                ClientSession(timeout=ANSWER, connector=TCPConnector(limit=CONNECTIONS))
            )
            parts = self.parts = assemble(
                self.config, store, self.clock, self.rng, session, self.fetcher
            )
            parts.commands.reloading.read, parts.commands.reloading.level = self.reread, self.level
            await once_stored(parts.queue.unread.recall, self.clock)
            await once_stored(parts.matrix.inbox.recall, self.clock)
            await once_stored(parts.people.sign_ins.recall, self.clock)
            await once_stored(parts.brake.recall, self.clock)
            await once_stored(parts.owners.preferences.load, self.clock)
            for network in parts.networks:  # whose receipts count is asked as soon as we listen
                await once_stored(partial(parts.owners.load, network), self.clock)
            api, redirects = parts.commands.api.app, parts.people.redirects
            server, status = parts.matrix.server.app, parts.status
            app = served(server, parts.media, api, redirects, parts.intents, status, self.clock)
            monitoring = self._monitoring(parts)
            monitoring.add_to(app)
            await stack.enter_async_context(listening(self.config.appservice.listen, app))
            if (listen := self.config.operations.listen) is not None:
                own = listening(listen, monitoring.own(), "operations.listen")
                await stack.enter_async_context(own)
            if await self._started(store, parts, stop):
                await self._work(store, parts, stop)

    def _monitoring(self, parts: Parts) -> Monitoring:
        writer, clock = parts.store.writer, self.clock
        health = self.health = Health(
            *(writer, parts.outage, parts.networks, parts.brake, parts.media.scan),
            *(parts.matrix.encryption, self.ready, clock),
        )
        readings = Readings(parts, health, database_url(self.config), clock)
        return Monitoring(health, readings, self.config.operations.token)

    def _operators(self, parts: Parts) -> OperatorRoom:
        assert self.health is not None  # noqa: S101 (made before anything runs)
        settings, waiting = self.config.operations, lambda: parts.queue.waiting
        intents, status = parts.intents, parts.status
        return OperatorRoom(settings, intents, status, self.health, waiting, self.clock)

    async def _started(self, store: Store, parts: Parts, stop: asyncio.Event) -> bool:
        """Start; False if `stop` came first, since a homeserver may be waited for for hours."""
        try:
            async with asyncio.TaskGroup() as group:
                starting = group.create_task(self._start(store, parts), name="start")
                stopping = group.create_task(stop.wait(), name="stop")
                await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                starting.cancel()
                stopping.cancel()
        except ExceptionGroup as group_error:
            raise _first(group_error) from group_error
        return not starting.cancelled()

    async def _start(self, store: Store, parts: Parts) -> None:
        """Everything that must be right before any network is touched."""
        await homeserver_ready(self.config, parts.intents, parts.appservice, self.clock)
        await parts.matrix.moderation.lists.read()  # before anything may cross
        await parts.epoch.begin(parts.matrix.inbox.split_earlier)
        await begin(parts.matrix.encryption)
        if store.upgraded:
            store.writer.submit(note(millis(self.clock), "upgrade", f"schema {store.upgraded}"))
        noted = partial(note_start, store, self.config, self.clock)
        for step in (parts.matrix.rooms.linking.prepare, parts.matrix.gaps.load, noted):
            await once_stored(step, self.clock)

    async def _work(self, store: Store, parts: Parts, stop: asyncio.Event) -> None:
        """Run until told to stop or until something dies that must not; drain in either case."""
        ended = asyncio.Event()
        causes: list[Exception] = []

        async def vital(work: Work) -> None:
            try:
                await work()
            except Exception as error:
                log.exception("a part of the bridge has died; the rest stops in good order")
                causes.append(error)
                ended.set()

        async def told() -> None:
            await stop.wait()
            ended.set()

        async with asyncio.TaskGroup() as group:
            run_queue = partial(parts.queue.run, _behind_the_brake(parts))
            queue = group.create_task(vital(run_queue), name="queue")
            others = [
                group.create_task(vital(work), name=name)
                for name, work in {**self._background(parts), "stop": told}.items()
            ]
            await ended.wait()
            log.info("stopping", waiting=parts.queue.waiting)
            # The server still answers: what it stores from here on is worked on after the start.
            await parts.queue.stop()
            await queue
            # What the networks have brought by now is stored before anything else goes.
            await _cancel([task for task in others if task.get_name().startswith(NETWORK)])
            await _cancel(others)
        await parts.epoch.end()
        store.writer.submit(note(millis(self.clock), "stop"))
        if causes:
            raise _first(causes[0])

    def _background(self, parts: Parts) -> dict[str, Work]:
        """What runs beside the lanes."""
        networks = {f"{NETWORK}{one.name}": partial(self._network, one) for one in parts.networks}
        return {
            "inbox": parts.matrix.inbox.run,
            "members": parts.matrix.attendance.run,
            "powers": parts.matrix.powers.run,
            "ephemeral": parts.matrix.ephemeral.run,
            "lists of members": parts.matrix.roster.run,
            "arrivals": parts.matrix.arrivals.run,
            "names of people": parts.matrix.renaming.run,
            "gaps": parts.matrix.gaps.run,
            **networks,
            "held": _reminding(parts),
            "expiry": Expiry(parts.queue.aside, parts.networks, self.clock).run,
            "epoch": parts.epoch.run,
            "outage": parts.outage.run,
            "history": parts.history.run,
            "operators": self._operators(parts).run,
            "pruning": Pruning(parts.store.writer, self.clock).run,
            "rooms": parts.matrix.rooms.upkeep.run,
            "chats": parts.matrix.rooms.syncing.run,
            "words": parts.people.management.run,
            "sign-ins": parts.people.sign_ins.run,
            "sign-ins in chats": parts.commands.talks.run,
            "news of logins": parts.people.news.run,
            "signing out": parts.people.signing_out.run,
            "sealing": parts.people.resealing.run,
            "puppets": parts.matrix.puppets.following.run,
            "policy lists": parts.matrix.moderation.lists.run,
            "alarms": parts.matrix.moderation.alarms.run,
            **parts.matrix.keys_work,
            "links": partial(self._link, parts),
            "ping": partial(self._reachable, parts),
        }

    async def _network(self, network: Network) -> None:
        """Keep a network up: what its lifespan raises ends its logins, and it is entered anew."""
        attempts = 0
        while True:
            began = self.clock.monotonic()
            cause: Exception | None = None
            try:
                await network.logins.run()
            except Exception as error:  # noqa: BLE001 (with its logins, a network is supervised)
                cause = _first(error)
            if isinstance(cause, ConfigError):
                log.error("network stays off", network=network.name, why=str(cause))
                return
            attempts = 1 if self.clock.monotonic() - began > STEADY else attempts + 1
            fault = "it ended" if cause is None else fault_of(cause, network.adapter)
            log.warning("network failed", network=network.name, error=fault)
            await self.clock.sleep(retry.backoff(attempts, self.rng.random()))

    async def _link(self, parts: Parts) -> None:
        """Rooms for the configured links, now and whenever the bot is invited somewhere."""
        while True:
            await parts.brake.off()
            parts.invited.clear()
            again = await parts.matrix.rooms.linking.apply()
            if again is None:
                await parts.invited.wait()
            else:
                with suppress(TimeoutError):
                    async with self.clock.timeout(again):
                        await parts.invited.wait()

    async def _reachable(self, parts: Parts) -> None:
        """Ask the homeserver to call us back, which also ends its own back-off."""
        # Synapse 1.163 answers 502 to a ping that meets its own retry; the next one is answered.
        for last in (False, True):
            try:
                took = await parts.appservice.ping(self.config.appservice.id, secrets.token_hex(8))
            except (Refused, RetryLater) as error:
                if last:
                    log.warning(
                        "the homeserver cannot reach this bridge; Matrix events will not arrive",
                        url=self.config.appservice.url,
                        why=str(error),
                        fix="see `bridgekit doctor`",
                    )
            else:
                log.info("homeserver and bridge reach each other", ms=took)
                break
        self.ready.set()


def _behind_the_brake(parts: Parts) -> Mapping[Direction, Handler]:
    """What runs the lanes; a room's own business, commands among it, nobody brakes."""
    brake, portals, status = parts.brake, parts.portals, parts.status
    return {
        way: handler if way is Direction.CONTROL else BrakedHandler(handler, brake, portals, status)
        for way, handler in parts.handlers.items()
    }


def _reminding(parts: Parts) -> Work:
    to_network = parts.handlers[Direction.TO_NETWORK]
    assert isinstance(to_network, ToNetwork)  # noqa: S101 (as it is assembled)
    return to_network.held.run


async def _cancel(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def database_url(config: Config) -> str:
    """The configured database as a URL."""
    database = config.database
    if isinstance(database, PostgreSQL):
        return database.url.get_secret_value()
    return f"sqlite:///{database.path}"


def _first(error: Exception) -> Exception:
    """The one that says what happened; what follows it is its consequence."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
