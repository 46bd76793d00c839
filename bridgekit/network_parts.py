"""What a running bridge consists of that knows the networks: they, and all directions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from bridgekit.adapter import Login, LoginState
from bridgekit.adapter_supports import SupportsOwnLogins
from bridgekit.clock import Clock
from bridgekit.config import Network as NetworkConfig
from bridgekit.control import Control
from bridgekit.gates import Gates
from bridgekit.host import NetworkHost
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.journey import millis
from bridgekit.logins import Logins, Watch
from bridgekit.matrix_parts import MatrixSide
from bridgekit.members import Members
from bridgekit.models import Direction, LoginRow
from bridgekit.networks import Network
from bridgekit.queue import Handler, Queue
from bridgekit.status import Status
from bridgekit.store.changes import note
from bridgekit.store.people import save_identity, save_login
from bridgekit.store.writer import Writer
from bridgekit.store_parts import Foundation, StoreSide
from bridgekit.to_matrix.dispatch import ToMatrix
from bridgekit.to_matrix.echo import Echoes
from bridgekit.to_network.dispatch import ToNetwork


def network_side(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, invited: asyncio.Event
) -> Mapping[Direction, Handler]:
    networks = bridge.config.networks.values()
    bridge.networks.add(_network(network, bridge, stored, matrix.members) for network in networks)
    to_matrix = ToMatrix(
        networks=bridge.networks,
        portals=stored.portals,
        echoes=Echoes(stored.portals, bridge.flights),
        messages=matrix.messages,
    )
    return {
        Direction.TO_MATRIX: to_matrix,
        Direction.TO_NETWORK: _to_network(bridge, stored, matrix),
        Direction.CONTROL: _control(bridge, stored, matrix, invited),
    }


def _to_network(bridge: Foundation, stored: StoreSide, matrix: MatrixSide) -> ToNetwork:
    return ToNetwork(
        networks=bridge.networks,
        portals=stored.portals,
        owners=stored.owners,
        profiles=matrix.profiles,
        ghosts=matrix.ghosts,
        permissions=bridge.config.permissions,
        jobs=stored.jobs,
        writer=stored.store.writer,
        signer=bridge.signer,
        flights=bridge.flights,
        status=bridge.status,
        queue=stored.queue,
        gates=Gates(bridge.clock),
        clock=bridge.clock,
    )


def _control(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, invited: asyncio.Event
) -> Control:
    return Control(
        networks=bridge.networks,
        portals=stored.portals,
        rooms=matrix.rooms,
        owners=stored.owners,
        ghosts=matrix.ghosts,
        profiles=matrix.profiles,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        permissions=bridge.config.permissions,
        queue=stored.queue,
        status=bridge.status,
        invited=lambda _: invited.set(),
    )


def _network(
    settings: NetworkConfig, bridge: Foundation, stored: StoreSide, members: Members
) -> Network:
    host = NetworkHost(
        network=settings.name,
        portals=stored.portals,
        members=members,
        people=stored.people,
        queue=stored.queue,
        writer=stored.store.writer,
        status=bridge.status,
        clock=bridge.clock,
        owned=stored.owners.owned,
        names=stored.names,
    )
    return network_at_work(
        settings,
        host,
        queue=stored.queue,
        writer=stored.store.writer,
        status=bridge.status,
        clock=bridge.clock,
        rng=bridge.rng,
    )


def network_at_work(
    settings: NetworkConfig,
    host: NetworkHost,
    *,
    queue: Queue,
    writer: Writer,
    status: Status,
    clock: Clock,
    rng: random.Random,
) -> Network:
    """A network and its own logins; nothing connects yet."""
    name = settings.name
    adapter = settings.adapter(settings.adapter_config, host)

    def moved(login: LoginID, state: LoginState, why: str) -> None:
        status.login(name, login, state, why)
        writer.submit(note(millis(clock), f"login {login} {state}", why))

    async def identified(login: LoginID, me: RemoteUserID) -> None:
        await writer.write(save_identity(login, me))

    watch = Watch(queue.aside.release, moved, identified, host.chats)
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
