"""What a running bridge consists of that needs nothing, or only the database."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bridgekit.clock import Clock
from bridgekit.configuration.config import Config
from bridgekit.epoch import Epoch
from bridgekit.flights import Flights
from bridgekit.lanes.bodies import Bodies
from bridgekit.lanes.queue import Queue
from bridgekit.login.owners import Owners
from bridgekit.matrix.intents import Intents
from bridgekit.networks import Networks
from bridgekit.person.faces import Faces
from bridgekit.person.names import Names
from bridgekit.room.portals import Portals
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.jobs import Jobs
from bridgekit.store.people import People
from bridgekit.store.store import Store


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every part may need, and needs nothing itself."""

    config: Config
    clock: Clock
    rng: random.Random
    signer: Signer
    intents: Intents
    status: Status
    networks: Networks
    flights: Flights


@dataclass(frozen=True, slots=True)
class StoreSide:
    """What knows the database."""

    store: Store
    people: People
    jobs: Jobs
    portals: Portals
    queue: Queue
    epoch: Epoch
    names: Names
    faces: Faces
    owners: Owners


def store_side(bridge: Foundation, store: Store) -> StoreSide:
    config, clock, writer = bridge.config, bridge.clock, store.writer
    people, jobs = People(store.reader), Jobs(store.reader)
    names = Names(people, writer)
    bodies = Bodies(jobs, config.waiting.memory)
    queue = Queue(bodies, writer, clock, bridge.rng, bridge.status.report)
    return StoreSide(
        store=store,
        people=people,
        jobs=jobs,
        portals=Portals(store),
        queue=queue,
        epoch=Epoch(
            people=people,
            jobs=jobs,
            writer=writer,
            signer=bridge.signer,
            intents=bridge.intents,
            instance=store.instance,
            done=bridge.status.counts.total,
            clock=clock,
        ),
        names=names,
        faces=Faces(names, people, writer, bridge.intents, clock),
        owners=Owners(
            people=people,
            writer=writer,
            signer=bridge.signer,
            namespaces=config.namespaces,
            permissions=config.permissions,
            networks=bridge.networks,
            clock=clock,
        ),
    )
