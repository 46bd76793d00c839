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


def assemble(
    config: Config, store: Store, clock: Clock, rng: random.Random, session: ClientSession
) -> Parts:
    """Build every part; does no I/O."""
    appservice = config.appservice
    namespaces = config.namespaces
    writer = store.writer
    signer = Signer(appservice.signing_key, store.instance)
    api = HomeserverAPI(config.homeserver.url, appservice.as_token.get_secret_value(), session)
    intents = Intents(api, namespaces.bot_mxid)
    people, jobs, networks = People(store.reader), Jobs(store.reader), Networks()
    status = Status(intents, signer)
    queue = Queue(jobs, writer, clock, rng, status.report)
    portals, profiles, flights = Portals(store), Profiles(intents), Flights()
    ghosts = Ghosts(people, writer, intents, namespaces)
    rooms = Rooms(portals, intents, namespaces, signer, clock)
    owners = Owners(people, writer, signer, namespaces, config.permissions, networks, clock)
    late_answers = LateAnswers(intents, lambda: inbox)

    names = Names(people, writer)

    async def name(ghost: Ghost) -> Ghost:
        network = networks.get(ghost.network)
        return ghost if network is None else await speakers.named(network, ghost)

    members = Members(people, writer, intents, ghosts, portals, queue, clock, name)
    speakers = Speakers(ghosts, members, names, clock)
    messages = Messages(
        intents, late_answers, signer, portals, rooms, speakers, members, owners, status
    )
    now = partial(millis, clock)
    sorting = Sorting(namespaces, portals, members, profiles, late_answers, signer, status, now)
    inbox = Inbox(Transactions(store, queue, clock), sorting, clock)
    invited = asyncio.Event()
    links = {name: network.links for name, network in config.networks.items()}
    linking = Linking(networks, links, portals, rooms, members, ghosts, intents, namespaces, clock)
    gates = Gates(clock)
    handlers: dict[Direction, Handler] = {
        Direction.TO_MATRIX: ToMatrix(
            networks, portals, Echoes(portals, flights), messages
        ),
        Direction.TO_NETWORK: ToNetwork(
            networks, portals, owners, profiles, ghosts, config.permissions, jobs, writer,
            signer, flights, status, queue, gates,
        ),
        Direction.CONTROL: Control(
            networks, portals, rooms, owners, ghosts, profiles, intents, namespaces,
            config.permissions, queue, status, lambda _: invited.set(),
        ),
    }  # fmt: skip
    server = Server(
        appservice.hs_token.get_secret_value(),
        inbox,
        linking.alias_exists,
        linking.user_exists,
    )
    parts = Parts(
        store, queue, inbox, server, intents, networks, portals, members, owners, linking,
        status, handlers, invited,
    )  # fmt: skip
    networks.add(
        _network(network, parts, people, names, clock, rng) for network in config.networks.values()
    )
    return parts


def _network(
    settings: NetworkConfig,
    parts: Parts,
    people: People,
    names: Names,
    clock: Clock,
    rng: random.Random,
) -> Network:
    name, writer = settings.name, parts.store.writer
    host = NetworkHost(
        name, parts.portals, parts.members, people, parts.queue, writer, parts.status, clock,
        parts.owners.owned, names,
    )  # fmt: skip
    adapter = settings.adapter(settings.adapter_config, host)

    def moved(login: LoginID, state: LoginState, why: str) -> None:
        parts.status.login(name, login, state, why)
        writer.submit(note(millis(clock), f"login {login} {state}", why))

    async def identified(login: LoginID, me: RemoteUserID) -> None:
        await writer.write(save_identity(login, me))

    watch = Watch(parts.queue.release, moved, identified, host.chats)
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
