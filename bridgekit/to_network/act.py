"""What a Matrix event asks of a network: one `Act` per kind of event, each in a file of its own.

An act is read from the event alone; once it is known through which login it goes, it says in which
pieces, and when they are sent, what is remembered of it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bridgekit.adapter import Client, Limits
from bridgekit.events import Content
from bridgekit.facts import Chat, Profile
from bridgekit.ids import EventID, LoginID, MessageID, RemoteUserID, RoomID, UserID
from bridgekit.lanes.journey import Done, Journey
from bridgekit.login.calls import Calls
from bridgekit.models import Portal
from bridgekit.networks import Network
from bridgekit.pieces import Piece
from bridgekit.store.sql import Rows
from bridgekit.to_network.fallback import Fallbacks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """An event in the lane of a portal. `remote` says who a Matrix user is on the network.

    `ours`: whether a user is the bot or a ghost. `reader` may look into the room where the bot may
    not: the ghost of a private chat.
    """

    journey: Journey
    portal: Portal
    network: Network
    event: Mapping[str, Any]
    remote: Callable[[UserID], RemoteUserID | None]
    ours: Callable[[UserID], bool]
    reader: UserID | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = self.event["content"]
        return content

    @property
    def id(self) -> EventID:
        return EventID(self.event["event_id"])

    @property
    def room(self) -> RoomID:
        return RoomID(self.event["room_id"])

    @property
    def sender(self) -> UserID:
        return UserID(self.event["sender"])


@dataclass(frozen=True, slots=True)
class Route:
    """Through which connection an act goes, for whom, and within which limits.

    `fallbacks` says what becomes of what the network lacks.
    """

    client: Client
    calls: Calls
    limits: Limits
    login: LoginID
    chat: Chat
    author: Profile
    relayed: bool
    fallbacks: Fallbacks

    async def ask(self, call: Coroutine[Any, Any, T]) -> T:
        """What this call of the client answers; it does not outlast the connection."""
        return await self.calls.ask(self.client, call)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What an act is sent as. `notes` tell its sender where that is not what they would think."""

    pieces: Sequence[Piece]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """What was done: the pieces, and the messages that they became."""

    pieces: Sequence[Piece]
    messages: Sequence[MessageID]


class Act(Protocol):
    """One kind of event."""

    @property
    def own(self) -> UserID | None:
        """Whose own login alone may do it; None: its sender's, else a relay."""
        ...

    @property
    def through(self) -> LoginID | None:
        """The login that did what is changed or undone: only it may, on most networks."""
        ...

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        """What is sent, in order; `Done` where nothing need be. Raises `Failed`."""
        ...

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        """What is stored with its end."""
        ...


def only(*contents: Content, note: str = "") -> Pieces:
    """An act that is sent as it is."""
    return Pieces([Piece(content) for content in contents], (note,) if note else ())
