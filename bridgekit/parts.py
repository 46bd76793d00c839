"""What a running bridge consists of, put together in the order in which it is needed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientSession

from bridgekit.clock import Clock
from bridgekit.config import Config
from bridgekit.flights import Flights
from bridgekit.linking import Linking
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.server import Server
from bridgekit.matrix_parts import matrix_side
from bridgekit.members import Members
from bridgekit.models import Direction
from bridgekit.network_parts import network_side
from bridgekit.networks import Networks
from bridgekit.owners import Owners
from bridgekit.portals import Portals
from bridgekit.queue import Handler, Queue
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.store import Store
from bridgekit.store_parts import Foundation, store_side


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
    signer = Signer(config.appservice.signing_key, store.instance)
    token = config.appservice.as_token.get_secret_value()
    intents = Intents(
        HomeserverAPI(config.homeserver.url, token, session), config.namespaces.bot_mxid
    )
    bridge = Foundation(
        config=config,
        clock=clock,
        rng=rng,
        signer=signer,
        intents=intents,
        status=Status(intents, signer),
        networks=Networks(),
        flights=Flights(),
    )
    stored = store_side(bridge, store)
    matrix = matrix_side(bridge, stored)
    invited = asyncio.Event()
    handlers = network_side(bridge, stored, matrix, invited)
    return Parts(
        store=store,
        queue=stored.queue,
        inbox=matrix.inbox,
        server=matrix.server,
        intents=intents,
        networks=bridge.networks,
        portals=stored.portals,
        members=matrix.members,
        owners=stored.owners,
        linking=matrix.linking,
        status=bridge.status,
        handlers=handlers,
        invited=invited,
    )
