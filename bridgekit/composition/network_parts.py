"""What a running bridge consists of that knows the networks: they, and all directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from bridgekit.adapter import Adapter, Login, LoginState
from bridgekit.adapter_supports import SupportsOwnLogins
from bridgekit.commands.chat import Chat
from bridgekit.composition.direction_parts import to_network
from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.people_parts import PeopleSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.composition.to_matrix_parts import to_matrix
from bridgekit.configuration.config import Network as NetworkConfig
from bridgekit.configuration.stand_in import stand_in
from bridgekit.errors import ConfigError
from bridgekit.host import NetworkHost
from bridgekit.ids import LoginID, NetworkName, PortalID, RemoteUserID
from bridgekit.lanes.attempt import Handler
from bridgekit.lanes.crowding import Crowding
from bridgekit.lanes.journey import millis
from bridgekit.lanes.parking import for_login
from bridgekit.login.logins import Logins, Watch
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.media.side import MediaSide
from bridgekit.models import Direction, Millis
from bridgekit.networks import Network
from bridgekit.options import options_of
from bridgekit.reasons import Reason
from bridgekit.room.control import Control
from bridgekit.room.direct_chats import DirectChats
from bridgekit.room.new_chats import NewChats
from bridgekit.room.said_before import SaidToBot
from bridgekit.store.changes import note
from bridgekit.store.people import save_login

log = structlog.get_logger()


def network_side(
    bridge: Foundation,
    stored: StoreSide,
    matrix: MatrixSide,
    media: MediaSide,
    people: PeopleSide,
    chat: Chat,
) -> Mapping[Direction, Handler]:
    networks = bridge.config.networks.values()
    bridge.networks.add(_network(one, bridge, stored, matrix, media, people) for one in networks)
    return {
        Direction.TO_MATRIX: to_matrix(bridge, stored, matrix, media),
        Direction.TO_NETWORK: to_network(bridge, stored, matrix, media),
        Direction.CONTROL: _control(bridge, stored, matrix, chat),
    }


def _control(bridge: Foundation, stored: StoreSide, matrix: MatrixSide, chat: Chat) -> Control:
    return Control(
        networks=bridge.networks,
        portals=stored.portals,
        rooms=matrix.rooms.making,
        ghosts=matrix.ghosts,
        direct=DirectChats(
            bridge.networks,
            stored.portals,
            stored.owners,
            matrix.ghosts,
            matrix.profiles,
            bridge.intents,
            stored.queue,
            matrix.rooms.making,
            partial(_rebound, matrix),
            matrix.gaps.linked,
            bridge.status,
            bridge.clock,
        ),
        intents=bridge.intents,
        permissions=bridge.permissions,
        chat=chat,
        opened=stored.sealed.opened,
        prefix=bridge.config.commands.prefix,
        queue=stored.queue,
        invited=lambda _: matrix.rooms.linking.again.set(),
        upgrades=matrix.rooms.upgrades,
        said_to_bot=SaidToBot(
            *(bridge.intents, stored.store.writer),
            inbox=matrix.inbox,
            hidden=stored.sealed.hidden,
        ),
    )


def _rebound(matrix: MatrixSide, portal: PortalID) -> None:
    """A person has opened a room for the chat."""
    matrix.members.rehomed(portal)
    matrix.rooms.bound(portal)


def _network(
    settings: NetworkConfig,
    bridge: Foundation,
    stored: StoreSide,
    matrix: MatrixSide,
    media: MediaSide,
    people: PeopleSide,
) -> Network:
    host = _host(settings, bridge, stored, matrix, media)
    return network_at_work(settings, host, bridge, stored, people, partial(_connected, matrix))


def _host(
    settings: NetworkConfig,
    bridge: Foundation,
    stored: StoreSide,
    matrix: MatrixSide,
    media: MediaSide,
) -> NetworkHost:
    return NetworkHost(
        network=settings.name,
        media=media,
        moderation=matrix.moderation.asked,
        portals=stored.portals,
        members=matrix.members,
        people=stored.people,
        queue=stored.queue,
        crowding=Crowding(stored.queue.brought, settings.name, bridge.in_force.waiting),
        writer=stored.store.writer,
        status=bridge.status,
        clock=bridge.clock,
        owned=stored.owners.owned,
        in_use=partial(stored.owners.in_use, settings.name),
        names=stored.names,
        powers=matrix.powers,
        up_front=settings.members.up_front,
        noticed=matrix.ephemeral.noticed,
        behind=matrix.gaps.behind,
        renew=partial(_renew, bridge, matrix, settings.name),
        seal=stored.credentials.seal,
        opens=NewChats(partial(bridge.in_force.inbox, settings.name), bridge.clock).opens,
        appears=matrix.puppets.voices.appears,
        listed=partial(matrix.rooms.syncing.changed, settings.name),
        muted=partial(matrix.puppets.following.muting.muted, settings.name),
        duplicate=partial(
            bridge.status.count, settings.name, Direction.TO_MATRIX, Reason.DUPLICATE
        ),
    )


async def _renew(
    bridge: Foundation, matrix: MatrixSide, name: NetworkName, user: RemoteUserID
) -> None:
    network = bridge.networks.get(name)
    if network is not None:
        await matrix.speakers.refresh(network, user)


def _connected(matrix: MatrixSide, network: NetworkName, login: LoginID) -> None:
    matrix.roster.connected(network, login)
    matrix.arrivals.connected(network, login)
    matrix.rooms.upkeep.connected(network, login)
    matrix.rooms.syncing.changed(network, login)
    matrix.rooms.linking.connected(network)
    matrix.gaps.connected(network, login)
    matrix.ephemeral.receipts.connected()
    matrix.renaming.connected(network, login)


def network_at_work(
    settings: NetworkConfig,
    host: NetworkHost,
    bridge: Foundation,
    stored: StoreSide,
    people: PeopleSide,
    connected: Callable[[NetworkName, LoginID], None],
) -> Network:
    """A network and its own logins; nothing connects yet."""
    name, writer, clock = settings.name, stored.store.writer, bridge.clock
    adapter, own = _begun(settings, host)

    def moved(login: LoginID, state: LoginState, why: str) -> None:
        bridge.status.login(name, login, state, why)
        if state is LoginState.ONLINE:
            connected(name, login)
        if not people.candidates.on_trial(login):
            people.news.moved(login, state, why)
        writer.submit(note(millis(clock), f"login {login} {state}", why))

    def ready(login: LoginID) -> None:
        stored.queue.aside.release(login)
        stored.queue.wake(for_login(login))

    identified = partial(people.candidates.identified, name)
    watch = Watch(ready, moved, identified, host.chat_ids)
    logins = Logins(name, adapter, watch, clock, bridge.rng)
    host.attach(logins)
    for login in own:
        writer.submit(save_login(_configured(name, login, millis(clock))))
        logins.add(login, connect=True)
    options = options_of(
        settings.fallbacks,
        settings.expire_after,
        settings.history,
        settings.relay,
        settings.inbox.invite,
    )
    return Network(name, adapter, host, logins, options)


def _configured(network: NetworkName, login: Login, now: Millis) -> LoginRow:
    kind = LoginKind.CONFIGURED
    return LoginRow(login.id, network, None, used_at=now, kind=kind, made_at=now)


def _begun(settings: NetworkConfig, host: NetworkHost) -> tuple[Adapter[Any], list[Login]]:
    """The adapter and its own logins. One that fails here stops nobody else."""
    try:
        adapter = settings.adapter(settings.adapter_config, host)
        return adapter, own_logins(settings, adapter)
    except Exception as error:
        log.exception("an adapter cannot be started", network=settings.name)
        why = str(error)
        if not isinstance(error, ConfigError):
            why = (
                f"The adapter for {settings.name} failed as it was made: {type(error).__name__}; "
                "report this to its author, with what the log says"
            )
        name = settings.adapter.manifest.name
        return stand_in(name, why)(None, host), []


def own_logins(settings: NetworkConfig, adapter: object) -> list[Login]:
    """The logins that a network's configuration itself holds."""
    if not isinstance(adapter, SupportsOwnLogins):
        return []
    return [
        Login(LoginID(f"{settings.name}:{name}"), None, credentials, relay=True, exclusive=True)
        for name, credentials in adapter.own_logins().items()
    ]
