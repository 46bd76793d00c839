"""`Host`: what the core gives an adapter. One per network, for as long as the bridge runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from bridgekit.adapter import Login, LoginState, Role
from bridgekit.events import Content, Raw, RemoteEvent
from bridgekit.facts import Attachment, Chat, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID

if TYPE_CHECKING:
    from aiohttp.web import AbstractRouteDef


class Host(Protocol):
    """Every coroutine may be cancelled at any time without leaving half a change behind."""

    async def receive(
        self,
        login: LoginID,
        *events: RemoteEvent[Content] | Raw,
        cursor: str | None = None,
    ) -> None:
        """Take what the network delivered: durable once this returns, so acknowledge only then.

        Events and cursor are one commit: hand a cursor over with what it stands behind, never
        before. Never waits for Matrix. Raises if it could not be stored: `RetryLater` where too
        much waits already, anything else where the database fails. Then do not acknowledge; let
        it out of `run`, or call again. `login` may be one that is not connected just now.
        """

    async def user_changed(self, login: LoginID, info: UserInfo) -> None:
        """Somebody has another name or picture, in every chat; `info.id` is set. Durable too."""

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        """Keep what cannot be understood, for the operator; it is counted and shown."""

    def duplicate(self) -> None:
        """Count what the network told again and is dropped: this adapter itself knew that it was.

        What is handed to `receive` twice is known by the core, and counted there.
        """

    async def knows(self, login: LoginID, chat: Chat, message: MessageID) -> bool:
        """Whether this message is bridged already, whichever side said it, also if it is deleted.

        What a look for a send finds in the network's history, and is known, is another message.
        """

    async def cursor(self, login: LoginID) -> str | None:
        """The cursor last stored with `receive`."""

    def logins(self) -> Sequence[Login]:
        """All logins of this network, connected or not: whose is what a shared socket brought."""

    def role(self, login: LoginID, chat: ChatID) -> Role:
        """What this login does in a chat that several logins see; ask per event, it may change."""

    def chats(self, login: LoginID) -> Sequence[Chat]:
        """Where this login should be, to be entered on connect."""

    def chats_changed(self, login: LoginID) -> None:
        """Tell that `SupportsChatList.chats` of this login has others now, or by other names."""

    def muted(self, login: LoginID, chat: Chat, *, muted: bool) -> None:
        """Tell that this login's person has muted a chat in their other clients, or no longer.

        Nothing is stored: tell it after each connect, and whenever it changes.
        """

    async def identity_changed(self, login: LoginID, me: RemoteUserID) -> None:
        """Tell that a login goes by another ID on the network now."""

    async def credentials_changed(self, login: LoginID, credentials: Mapping[str, str]) -> None:
        """The network has renewed what this login signs in with; stored when this returns."""

    def state(self, login: LoginID, state: LoginState, why: str = "") -> None:
        """Tell how this login stands, where the connection alone does not show it.

        REFUSED: the network accepts it no longer. OFFLINE: its person has left, until they say
        something again. All else the core sees by itself.
        """

    def open(self, attachment: Attachment) -> AbstractAsyncContextManager[BinaryIO]:
        """Matrix media, decrypted, in a temporary file, within the size limit.

        Entering raises `Rejected` where it is not to be had or too large, else `RetryLater`.
        """

    async def link(self, attachment: Attachment, *, most: int | None = None) -> str:
        """A public URL of Matrix media; it expires, and ends with the event that shows the media.

        `most`: of a picture that is larger, a smaller JPEG is served, of at most so many bytes.

        Raises `ConfigError` where no public URL is configured.
        """

    def fetch(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        """Read a remote URL, `limit` bytes at most; private addresses are refused.

        Raises `Rejected` while it is read, or `RetryLater` if the server may answer later.
        """

    async def pace(self, *scope: str, rate: float, burst: float, cost: float = 1.0) -> None:
        """Wait for `cost` tokens of the bucket named `scope`: `rate` a second, `burst` at once."""

    async def load(self, key: str) -> str | None:
        """A small value that this adapter saved under `key`."""

    async def save(self, key: str, value: str | None) -> None:
        """Keep a small value, durable when this returns; None forgets it.

        It is stored in clear: a secret belongs into the credentials (`credentials_changed`).
        """

    def mount(self, routes: Iterable[AbstractRouteDef]) -> str:
        """Serve a webhook; returns its public URL, which a route of the path "" is itself.

        Opens once `Adapter.lifespan` is entered; until then a call is answered 503.

        Raises `ConfigError` where no public URL is configured. A handler that raises answers 500.
        """
