"""Which channels people may have bridged by themselves, by their alias or by a command. Pure."""

from collections.abc import Callable, Collection

from bridgekit import ChatID
from bridges.irc.config import Demand
from bridges.irc.masks import matching
from bridges.irc.wire import printable


def withheld(
    chat: ChatID, demand: Demand, bridged: Collection[ChatID], fold: Callable[[str], str]
) -> str:
    """Why not; "": they may. `bridged` are the channels that are; `fold` is the case mapping."""
    if chat in bridged:
        return ""
    if any(matching(pattern, fold)(chat) for pattern in demand.exclude):
        return f"Whoever runs this bridge does not want {printable(chat)} to be bridged."
    if demand.most is not None and len(bridged) >= demand.most:
        return (
            f"This bridge has {len(bridged)} channels of this network, and whoever runs it allows "
            f"no more than {demand.most}: ask them, or unlink another."
        )
    return ""
