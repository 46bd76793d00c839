"""What people may have of the bridge: which channels they may have bridged, and how many. Pure."""

from collections.abc import Callable, Collection

from bridgekit import ChatID
from bridges.irc.config import Demand, IRCConfig
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


def limits(config: IRCConfig, bridged: int) -> str:
    """All of them, a line each."""
    people, flood = config.people, config.flood
    of_one, at_once = _most(people.channels), _most(people.most)
    return "\n".join(
        (
            f"channels bridged: {bridged}, {_most(config.on_demand.most)} on demand",
            f"channels that one person may be in: {of_one}",
            f"people connected at once: {at_once}",
            f"lines of a message: at most {config.max_lines}",
            f"lines of a connection: {flood.burst} at once, then {flood.rate:g} a second",
        )
    )


def _most(number: int | None) -> str:
    return "any number" if number is None else f"at most {number}"
