"""What a running bridge consists of that says no where nobody asked it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.lanes.journey import millis
from bridgekit.moderation.alarms import Alarms
from bridgekit.moderation.guard import Guard
from bridgekit.moderation.moderation import Moderation
from bridgekit.moderation.policies import Policies
from bridgekit.moderation.policy_rooms import PolicyRooms


@dataclass(frozen=True, slots=True)
class ModerationSide:
    """`asked` is asked of every message; the other two work beside it."""

    asked: Moderation
    alarms: Alarms
    lists: PolicyRooms
    renew: Callable[[ModerationSettings], None]
    """Other measures of what is a flood, or a circle."""


def moderation_side(bridge: Foundation, stored: StoreSide) -> ModerationSide:
    settings, clock, policies = bridge.config.moderation, bridge.clock, Policies()
    alarms = Alarms(bridge.status, stored.store.writer, clock)
    guarding = partial(Guard, now=partial(millis, clock), alarm=alarms.sound)
    lists = PolicyRooms(settings.lists, policies, bridge.intents, clock)
    names, account = bridge.config.namespaces, stored.owners.account
    asked = Moderation(policies, guarding(settings), names, lists.replaced, account)

    def renew(changed: ModerationSettings) -> None:
        asked.guard = guarding(changed)

    return ModerationSide(asked, alarms, lists, renew)
