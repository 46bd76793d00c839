"""What a running bridge consists of, put together in the order in which it is needed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import ClientSession

from bridgekit.clock import Clock
from bridgekit.composition.command_parts import CommandSide, command_side
from bridgekit.composition.matrix_parts import MatrixSide, matrix_side
from bridgekit.composition.media_parts import media_side
from bridgekit.composition.network_parts import network_side
from bridgekit.composition.people_parts import PeopleSide, people_side
from bridgekit.composition.puppet_parts import puppet_side
from bridgekit.composition.store_parts import Foundation, StoreSide, store_side
from bridgekit.configuration.config import Config
from bridgekit.configuration.in_force import InForce
from bridgekit.epoch import Epoch
from bridgekit.flights import Flights
from bridgekit.lanes.attempt import Handler
from bridgekit.lanes.queue import Queue
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.appservice import AppService
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.tokens import Tokens
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.side import MediaSide
from bridgekit.metrics.history import History
from bridgekit.models import Direction
from bridgekit.networks import Networks
from bridgekit.operating.brake import Brake
from bridgekit.outage import Outage
from bridgekit.permissions.permissions import Permissions
from bridgekit.room.portals import Portals
from bridgekit.sealing import Sealing
from bridgekit.sign_in.broken_off import BrokenOff
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.store import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """The long-lived ones, for whoever runs or inspects the bridge."""

    store: Store
    queue: Queue
    media: MediaSide
    matrix: MatrixSide
    people: PeopleSide
    commands: CommandSide
    intents: Intents
    appservice: AppService
    homeserver: HomeserverAPI
    networks: Networks
    portals: Portals
    owners: Owners
    brake: Brake
    epoch: Epoch
    outage: Outage
    status: Status
    history: History
    handlers: Mapping[Direction, Handler]
    invited: asyncio.Event


def assemble(
    config: Config,
    store: Store,
    clock: Clock,
    rng: random.Random,
    session: ClientSession,
    fetcher: Fetcher,
) -> Parts:
    """Build every part; does no I/O."""
    token = Tokens(*config.appservice.as_tokens)
    api = HomeserverAPI(config.homeserver.url, token, session)
    bridge = _foundation(config, store, clock, rng, api)
    stored = store_side(bridge, store)
    media = media_side(bridge, stored, session, fetcher, token)
    stored.faces.attach(media.uploads)
    matrix = matrix_side(bridge, stored, puppet_side(bridge, stored, session))
    people = people_side(bridge, stored, matrix)
    commands = command_side(bridge, stored, matrix, media, people, session)
    handlers = network_side(bridge, stored, matrix, media, people, commands.chat)
    return Parts(
        store=store,
        queue=stored.queue,
        media=media,
        matrix=matrix,
        people=people,
        commands=commands,
        intents=bridge.intents,
        appservice=bridge.appservice,
        homeserver=api,
        networks=bridge.networks,
        portals=stored.portals,
        owners=stored.owners,
        brake=stored.brake,
        epoch=stored.epoch,
        outage=_outage(bridge, stored, api),
        status=bridge.status,
        history=bridge.history,
        handlers=handlers,
        invited=matrix.rooms.linking.again,
    )


def _outage(bridge: Foundation, stored: StoreSide, api: HomeserverAPI) -> Outage:
    look = partial(bridge.intents.profile, bridge.intents.bot)
    return Outage(api.failed, look, partial(stored.queue.wake, "homeserver"), bridge.clock)


def _foundation(
    config: Config, store: Store, clock: Clock, rng: random.Random, api: HomeserverAPI
) -> Foundation:
    signer = Signer(config.appservice.signing_key, store.instance)
    intents = Intents(api, config.namespaces.bot_mxid)
    sealing = Sealing(config.appservice.sealing_keys)
    status = Status(intents, signer)
    return Foundation(
        config=config,
        permissions=Permissions(config.permissions),
        clock=clock,
        rng=rng,
        signer=signer,
        sealing=sealing,
        broken_off=BrokenOff(),
        intents=intents,
        appservice=AppService(api, intents.bot),
        homeserver=api,
        status=status,
        history=History(status.counts, clock),
        in_force=InForce(config),
        networks=Networks(),
        flights=Flights(),
    )
