"""What a running bridge consists of that speaks as people themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from aiohttp import ClientSession

from bridgekit.commands.command import AnyCommand
from bridgekit.commands.verbs.puppet import puppet
from bridgekit.commands.verbs.puppet_off import puppet_off
from bridgekit.commands.verbs.puppet_token import puppet_token
from bridgekit.commands.verbs.relay import relay
from bridgekit.commands.verbs.relays import relays
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.later import Later
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.person.management import Management
from bridgekit.puppets.following import Following
from bridgekit.puppets.muting import Muting
from bridgekit.puppets.puppets import Puppets
from bridgekit.puppets.returning import Returning
from bridgekit.puppets.servers import Servers
from bridgekit.puppets.voices import Voices
from bridgekit.store.puppets import PuppetRows
from bridgekit.store.sql import Rows
from bridgekit.to_network.relay import Relay
from bridgekit.to_network.relay_choice import RelayChoice


@dataclass(frozen=True, slots=True)
class PuppetSide:
    """Whose account is lent, and what is done with it. `management` tells people what became."""

    puppets: Puppets
    voices: Voices
    following: Following
    management: Later[Management]


def puppet_side(bridge: Foundation, stored: StoreSide, session: ClientSession) -> PuppetSide:
    config, management = bridge.config, Later[Management]()

    async def tell(change: Rows, user: UserID, text: str, key: str) -> None:
        await management.get().tell_with(change, user, text, key)

    puppets = Puppets(
        servers=Servers(config.homeserver, config.double_puppets, session),
        rows=PuppetRows(stored.store.reader),
        writer=stored.store.writer,
        sealing=bridge.sealing,
        intents=bridge.intents,
        clock=bridge.clock,
        tell=tell,
    )
    voices = Voices(puppets, stored.owners, bridge.permissions, bridge.intents, bridge.clock)
    muting = Muting(puppets, stored.portals, stored.owners, bridge.clock)
    following = Following(
        puppets, stored.portals, stored.owners, bridge.config.namespaces, bridge.clock, muting
    )
    return PuppetSide(puppets, voices, following, management)


def puppet_commands(
    bridge: Foundation, stored: StoreSide, puppets: Puppets
) -> Iterator[AnyCommand]:
    """In the order in which help lists them: people's own accounts, and who speaks for others."""
    yield puppet(puppets)
    yield puppet_token(puppets)
    yield puppet_off(puppets)
    choice = RelayChoice(bridge.networks, stored.portals, stored.owners, Relay(stored.owners))
    yield relays(choice)
    yield relay(choice)


def returning(bridge: Foundation, stored: StoreSide, late_answers: LateAnswers) -> Returning:
    """What tells our own events from what people type themselves."""
    now = partial(millis, bridge.clock)
    return Returning(bridge.signer, late_answers, stored.portals, now)
