"""What a running bridge consists of that needs nothing, or only the database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial

from bridgekit.clock import Clock
from bridgekit.commands.sealed import SealedWords
from bridgekit.configuration.config import Config
from bridgekit.configuration.in_force import InForce
from bridgekit.epoch import Epoch
from bridgekit.errors import Scope
from bridgekit.flights import Flights
from bridgekit.lanes.bodies import Bodies
from bridgekit.lanes.journey import millis
from bridgekit.lanes.queue import Queue
from bridgekit.login.credentials import LoginCredentials
from bridgekit.login.first_names import FirstNames
from bridgekit.login.owners import Owners
from bridgekit.login.preferences import Preferences
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.appservice import AppService
from bridgekit.matrix.intents import Intents
from bridgekit.metrics.history import History
from bridgekit.networks import Networks
from bridgekit.operating.brake import Brake
from bridgekit.permissions.permissions import Permissions
from bridgekit.person.faces import Faces
from bridgekit.person.names import Names
from bridgekit.room.portals import Portals
from bridgekit.sealing import Sealing
from bridgekit.sign_in.broken_off import BrokenOff
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.jobs import Jobs
from bridgekit.store.people import People
from bridgekit.store.store import Store
from bridgekit.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every part may need, and needs nothing itself."""

    config: Config
    permissions: Permissions
    clock: Clock
    rng: random.Random
    signer: Signer
    sealing: Sealing
    broken_off: BrokenOff
    intents: Intents
    appservice: AppService
    homeserver: HomeserverAPI
    status: Status
    networks: Networks
    flights: Flights
    history: History
    in_force: InForce  # what may be reloaded; `config` is what the start had


@dataclass(frozen=True, slots=True)
class StoreSide:
    """What knows the database."""

    store: Store
    people: People
    jobs: Jobs
    portals: Portals
    sealed: SealedWords
    queue: Queue
    epoch: Epoch
    names: Names
    faces: Faces
    credentials: LoginCredentials
    owners: Owners
    brake: Brake


def store_side(bridge: Foundation, store: Store) -> StoreSide:
    config, clock, writer = bridge.config, bridge.clock, store.writer
    people, jobs = People(store.reader), Jobs(store.reader)
    names, credentials = Names(people, writer), LoginCredentials(bridge.sealing)
    bodies = Bodies(jobs, config.waiting.memory)
    queue = Queue(bodies, writer, clock, bridge.rng, bridge.status.report)
    portals, prefix = Portals(store, partial(millis, clock)), config.commands.prefix
    return StoreSide(
        store=store,
        people=people,
        jobs=jobs,
        portals=portals,
        sealed=SealedWords(bridge.sealing, config.namespaces, portals, prefix),
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
        credentials=credentials,
        brake=Brake(people, writer, partial(queue.wake, Scope.NETWORK.value), queue.aside.release),
        owners=_owners(bridge, people, writer, credentials),
    )


def _owners(
    bridge: Foundation, people: People, writer: Writer, credentials: LoginCredentials
) -> Owners:
    return Owners(
        people=people,
        writer=writer,
        signer=bridge.signer,
        namespaces=bridge.config.namespaces,
        permissions=bridge.permissions,
        networks=bridge.networks,
        credentials=credentials,
        preferences=Preferences(people, writer),
        first_names=FirstNames(bridge.intents, bridge.clock),
        clock=bridge.clock,
    )
