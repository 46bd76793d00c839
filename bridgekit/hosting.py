"""`Host`: what the core gives an adapter. One per network, for as long as the bridge runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from bridgekit.adapter import LoginState, Role
from bridgekit.events import Attachment, Chat, Content, Raw, RemoteEvent
from bridgekit.ids import ChatID, LoginID, RemoteUserID

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

        Events and cursor are one commit. Never waits for Matrix. Raises if it could not be
        stored: then do not acknowledge.
        """

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        """Keep what cannot be understood, for the operator; it is counted and shown."""

    async def cursor(self, login: LoginID) -> str | None:
        """The cursor last stored with `receive`."""

    def role(self, login: LoginID, chat: ChatID) -> Role:
        """What this login does in a chat that several logins see; ask per event, it may change."""

    def chats(self, login: LoginID) -> Sequence[Chat]:
        """Where this login should be, to be entered on connect."""

    async def identity_changed(self, login: LoginID, me: RemoteUserID) -> None:
        """This login goes by another ID on the network now."""

    def state(self, login: LoginID, state: LoginState, why: str = "") -> None:
        """Tell how this login stands, where the connection alone does not show it."""

    def open(self, attachment: Attachment) -> AbstractAsyncContextManager[BinaryIO]:
        """Matrix media, decrypted, in a temporary file, within the size limit."""

    def link(self, attachment: Attachment) -> str:
        """A signed, expiring public URL of Matrix media."""

    def fetch(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        """Read a remote URL, `limit` bytes at most; private addresses are refused."""

    async def pace(self, *scope: str, rate: float, burst: int) -> None:
        """Wait for a token of the bucket named `scope`: `rate` a second, `burst` at once."""

    async def load(self, key: str) -> str | None:
        """A small value that this adapter saved under `key`."""

    async def save(self, key: str, value: str) -> None: ...

    def mount(self, routes: Iterable[AbstractRouteDef]) -> str:
        """Serve a webhook; returns its public URL. Opens once `Adapter.lifespan` is entered."""
