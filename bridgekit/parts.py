"""What a running bridge consists of, put together in the order in which it is needed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import ClientSession

from bridgekit.adapter import Login, LoginState
from bridgekit.adapter_supports import SupportsOwnLogins
from bridgekit.clock import Clock
from bridgekit.config import Config
from bridgekit.config import Network as NetworkConfig
from bridgekit.control import Control
from bridgekit.flights import Flights
from bridgekit.gates import Gates
from bridgekit.ghosts import Ghosts
from bridgekit.host import NetworkHost
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.journey import millis
from bridgekit.linking import Linking
from bridgekit.logins import Logins, Watch
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.matrix.server import Server
from bridgekit.members import Members
from bridgekit.models import Direction, Ghost, LoginRow
from bridgekit.names import Names
from bridgekit.networks import Network, Networks
from bridgekit.owners import Owners
from bridgekit.portals import Portals
from bridgekit.profiles import Profiles
from bridgekit.queue import Handler, Queue
from bridgekit.rooms import Rooms
from bridgekit.signing import Signer
from bridgekit.sorting import Sorting
from bridgekit.status import Status
from bridgekit.store.changes import note
from bridgekit.store.jobs import Jobs
from bridgekit.store.people import People, save_identity, save_login
from bridgekit.store.store import Store
from bridgekit.to_matrix.dispatch import ToMatrix
from bridgekit.to_matrix.echo import Echoes
from bridgekit.to_matrix.message import Messages
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.to_network.dispatch import ToNetwork
from bridgekit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Parts:
    """The long-lived ones, for whoever runs or inspects the bridge."""

    store: Store
    queue: Queue
    inbox: Inbox
    server: Server
    intents: Intents
    networks: Networks
    portals: Portals
    members: Members
    owners: Owners
    linking: Linking
    status: Status
    handlers: Mapping[Direction, Handler]
    invited: asyncio.Event


@dataclass(frozen=True, slots=True)
class _Core:
    """What both directions stand on."""

    config: Config
    store: Store
    clock: Clock
    signer: Signer
    intents: Intents
    people: People
    jobs: Jobs
    networks: Networks
    portals: Portals
    profiles: Profiles
    flights: Flights
    status: Status
    queue: Queue
    ghosts: Ghosts
    rooms: Rooms
    owners: Owners
    names: Names


def assemble(
    config: Config, store: Store, clock: Clock, rng: random.Random, session: ClientSession
) -> Parts:
    """Build every part; does no I/O."""
    core = _core(config, store, clock, rng, session)
    late_answers = LateAnswers(core.intents, lambda: inbox)
    members, speakers = _members(core)
    sorting = Sorting(
        config.namespaces, core.portals, members, core.profiles, late_answers, core.signer,
        core.status, partial(millis, clock), core.queue.busy,
    )  # fmt: skip
    inbox = Inbox(Transactions(store, core.queue, clock), sorting, clock)
    messages = Messages(
        core.intents, late_answers, core.signer, core.portals, core.rooms, speakers, members,
        core.owners, core.status,
    )  # fmt: skip
    linking = Linking(
        core.networks, {name: network.links for name, network in config.networks.items()},
        core.portals, core.rooms, members, core.ghosts, core.intents, config.namespaces, clock,
    )  # fmt: skip
    server = Server(
        config.appservice.hs_token.get_secret_value(), inbox, linking.alias_exists,
        linking.user_exists, on_wake=core.queue.catch_up,
    )  # fmt: skip
    invited = asyncio.Event()
    parts = Parts(
        store, core.queue, inbox, server, core.intents, core.networks, core.portals, members,
        core.owners, linking, core.status, _handlers(core, messages, invited), invited,
    )  # fmt: skip
    networks = config.networks.values()
    core.networks.add(_network(network, core, members, rng) for network in networks)
    return parts


def _core(
    config: Config, store: Store, clock: Clock, rng: random.Random, session: ClientSession
) -> _Core:
    appservice, namespaces, writer = config.appservice, config.namespaces, store.writer
    signer = Signer(appservice.signing_key, store.instance)
    api = HomeserverAPI(config.homeserver.url, appservice.as_token.get_secret_value(), session)
    intents = Intents(api, namespaces.bot_mxid)
    people, jobs, networks = People(store.reader), Jobs(store.reader), Networks()
    status = Status(intents, signer)
    portals = Portals(store)
    return _Core(
        config=config,
        store=store,
        clock=clock,
        signer=signer,
        intents=intents,
        people=people,
        jobs=jobs,
        networks=networks,
        portals=portals,
        profiles=Profiles(intents),
        flights=Flights(),
        status=status,
        queue=Queue(jobs, writer, clock, rng, status.report),
        ghosts=Ghosts(people, writer, intents, namespaces),
        rooms=Rooms(portals, intents, namespaces, signer, clock),
        owners=Owners(people, writer, signer, namespaces, config.permissions, networks, clock),
        names=Names(people, writer),
    )


def _members(core: _Core) -> tuple[Members, Speakers]:
    """They need each other: who joins is named first, and who speaks joins first."""

    async def name(ghost: Ghost) -> Ghost:
        network = core.networks.get(ghost.network)
        return ghost if network is None else await speakers.named(network, ghost)

    members = Members(
        core.people, core.store.writer, core.intents, core.ghosts, core.portals, core.queue,
        core.clock, name,
    )  # fmt: skip
    speakers = Speakers(core.ghosts, members, core.names, core.clock)
    return members, speakers


def _handlers(
    core: _Core, messages: Messages, invited: asyncio.Event
) -> Mapping[Direction, Handler]:
    networks, portals, permissions = core.networks, core.portals, core.config.permissions
    return {
        Direction.TO_MATRIX: ToMatrix(networks, portals, Echoes(portals, core.flights), messages),
        Direction.TO_NETWORK: ToNetwork(
            networks, portals, core.owners, core.profiles, core.ghosts, permissions, core.jobs,
            core.store.writer, core.signer, core.flights, core.status, core.queue,
            Gates(core.clock),
        ),
        Direction.CONTROL: Control(
            networks, portals, core.rooms, core.owners, core.ghosts, core.profiles, core.intents,
            core.config.namespaces, permissions, core.queue, core.status, lambda _: invited.set(),
        ),
    }  # fmt: skip


def _network(settings: NetworkConfig, core: _Core, members: Members, rng: random.Random) -> Network:
    name, writer, clock = settings.name, core.store.writer, core.clock
    host = NetworkHost(
        name, core.portals, members, core.people, core.queue, writer, core.status, clock,
        core.owners.owned, core.names,
    )  # fmt: skip
    adapter = settings.adapter(settings.adapter_config, host)

    def moved(login: LoginID, state: LoginState, why: str) -> None:
        core.status.login(name, login, state, why)
        writer.submit(note(millis(clock), f"login {login} {state}", why))

    async def identified(login: LoginID, me: RemoteUserID) -> None:
        await writer.write(save_identity(login, me))

    watch = Watch(core.queue.release, moved, identified, host.chats)
    logins = Logins(name, adapter, watch, clock, rng)
    host.attach(logins)
    for login in own_logins(settings, adapter):
        row = LoginRow(login.id, name, None, {}, used_at=millis(clock))
        writer.submit(save_login(row))
        logins.add(login, connect=True)
    return Network(name, adapter, host, logins)


def own_logins(settings: NetworkConfig, adapter: object) -> list[Login]:
    """The logins that a network's configuration itself holds."""
    if not isinstance(adapter, SupportsOwnLogins):
        return []
    return [
        Login(LoginID(f"{settings.name}:{name}"), None, credentials, relay=True, exclusive=True)
        for name, credentials in adapter.own_logins().items()
    ]
