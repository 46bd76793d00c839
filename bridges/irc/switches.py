"""Which comings and goings cross the bridge, as the operator wants it for each channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bridgekit import (
    ChatChange,
    ChatID,
    ChatInfo,
    Content,
    Membership,
    MemberState,
    RemoteEvent,
)


@dataclass(frozen=True, slots=True)
class Switch:
    """`listed`: who is in a channel already joins its room; `coming`: whoever comes does.

    `people`: whoever joins the room comes to the channel at once, not when they first speak;
    `there`: so does who is in the room when the bridge comes.
    """

    listed: bool = True
    coming: bool = True
    people: bool = False
    there: bool = False


class Switches:
    """Of one network. `fold` is its case mapping; `apart` are the channels that differ."""

    def __init__(
        self, everywhere: Switch, apart: Mapping[str, Switch], fold: Callable[[str], str]
    ) -> None:
        self._everywhere, self._apart, self._fold = everywhere, apart, fold

    def of(self, chat: ChatID) -> Switch:
        """What holds for a channel."""
        found = (one for name, one in self._apart.items() if self._fold(name) == chat)
        return next(found, self._everywhere)

    def told(self, event: RemoteEvent[Content]) -> RemoteEvent[Content] | None:
        """What of an event crosses; whoever is not told of joins when they first speak."""
        match event.content:
            case Membership(state=MemberState.JOIN, rank=None) if not event.chat.private:
                return event if self.of(event.chat.id).coming else None
            case ChatChange(info) if info.members is not None:
                wanted = self.of(event.chat.id).listed
                return event if wanted else replace(event, content=_lazily(info))
        return event


def _lazily(info: ChatInfo) -> ChatChange:
    """Nobody joins for a list; but whoever is not in it has left."""
    return ChatChange(replace(info, up_front=False))
