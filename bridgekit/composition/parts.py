"""What a running bridge consists of, put together in the order in which it is needed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import ClientSession

from bridgekit.clock import Clock
from bridgekit.composition.matrix_parts import MatrixSide, matrix_side
from bridgekit.composition.media_parts import media_side
from bridgekit.composition.network_parts import network_side
from bridgekit.composition.store_parts import Foundation, store_side
from bridgekit.configuration.config import Config
from bridgekit.epoch import Epoch
from bridgekit.flights import Flights
from bridgekit.lanes.attempt import Handler
from bridgekit.lanes.queue import Queue
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.intents import Intents
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.side import MediaSide
from bridgekit.models import Direction
from bridgekit.networks import Networks
from bridgekit.outage import Outage
from bridgekit.room.portals import Portals
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
    intents: Intents
    networks: Networks
    portals: Portals
    owners: Owners
    epoch: Epoch
    outage: Outage
    status: Status
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
    token = config.appservice.as_token.get_secret_value()
    api = HomeserverAPI(config.homeserver.url, token, session)
    bridge = _foundation(config, store, clock, rng, api)
    stored = store_side(bridge, store)
    media = media_side(bridge, stored, session, fetcher)
    stored.faces.attach(media.uploads)
    matrix = matrix_side(bridge, stored)
    invited = asyncio.Event()
    handlers = network_side(bridge, stored, matrix, media, invited)
    return Parts(
        store=store,
        queue=stored.queue,
        media=media,
        matrix=matrix,
        intents=bridge.intents,
        networks=bridge.networks,
        portals=stored.portals,
        owners=stored.owners,
        epoch=stored.epoch,
        outage=Outage(
            api.failed,
            partial(bridge.intents.profile, bridge.intents.bot),
            partial(stored.queue.wake, "homeserver"),
            clock,
        ),
        status=bridge.status,
        handlers=handlers,
        invited=invited,
    )


def _foundation(
    config: Config, store: Store, clock: Clock, rng: random.Random, api: HomeserverAPI
) -> Foundation:
    signer = Signer(config.appservice.signing_key, store.instance)
    intents = Intents(api, config.namespaces.bot_mxid)
    return Foundation(
        config=config,
        clock=clock,
        rng=rng,
        signer=signer,
        intents=intents,
        status=Status(intents, signer),
        networks=Networks(),
        flights=Flights(),
    )
