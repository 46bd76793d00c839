"""What an operator chose for one network, beyond what its adapter is configured with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bridgekit.configuration.fallback_settings import ExpirySettings, FallbackSettings
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.models import Millis
from bridgekit.past.history import History
from bridgekit.to_network.fallback import Fallbacks, Feature, Way

HOUR = 3_600_000  # milliseconds
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Options:
    """`expire_*`: the greatest age of a job in that direction (delivery rule 9). `inbox`: who is
    in the rooms of chats that begin on the network with the bridge's own login.
    """

    fallbacks: Fallbacks = field(default_factory=Fallbacks)
    expire_to_network: Millis = DAY
    expire_to_matrix: Millis = 90 * DAY
    history: History = field(default_factory=History)
    relay: RelaySettings = field(default_factory=RelaySettings)
    inbox: Sequence[str] = ()


def options_of(
    fallbacks: FallbackSettings,
    expiry: ExpirySettings,
    history: HistorySettings,
    relay: RelaySettings,
    inbox: Sequence[str] = (),
) -> Options:
    """The options as they are configured."""
    chosen = {Feature(feature): Way(way) for feature, way in fallbacks}
    return Options(
        Fallbacks(chosen),
        expire_to_network=int(expiry.to_network * HOUR),
        expire_to_matrix=int(expiry.to_matrix * HOUR),
        history=History(history.last, history.since_midnight, history.gap),
        relay=relay,
        inbox=inbox,
    )
