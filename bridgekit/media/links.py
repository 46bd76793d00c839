"""Public links: short addresses of the bridge's own under which the world may read one thing.

Nobody can guess one; a file's expires, and is revoked when its event is redacted
(`store.media.revoke_links`). The same file has the same link; asking again renews it.
"""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.errors import ConfigError
from bridgekit.facts import Attachment
from bridgekit.ids import EventID, RoomID
from bridgekit.lanes.journey import millis
from bridgekit.media import names
from bridgekit.media.opened import Opened
from bridgekit.media.sniff import UNKNOWN
from bridgekit.media.source import MatrixFile, decode
from bridgekit.models import Millis
from bridgekit.public_links import LinkKind, MediaLink
from bridgekit.signing import Signer
from bridgekit.store.media import Media, save_link
from bridgekit.store.writer import Writer

PATH = "/_bridgekit/m"
MOST = "most"  # in the query of a link: how large the file may be, in bytes


class Links:
    """`lifetime` in seconds; of what has no event, an avatar, a link never expires."""

    def __init__(
        self,
        *,
        public_url: str | None,
        lifetime: int,
        media: Media,
        writer: Writer,
        signer: Signer,
        clock: Clock,
        opened: Opened,
    ) -> None:
        self._public_url, self.lifetime, self._opened = public_url, lifetime, opened
        self._media, self._writer, self._signer, self._clock = media, writer, signer, clock

    @property
    def possible(self) -> bool:
        """Whether there is an address that the world reaches us under."""
        return self._public_url is not None

    async def link(self, attachment: Attachment, *, most: int | None = None) -> str:
        """The address of a file on Matrix, known to the database when this returns.

        `most`: it is a picture, of which at most so many bytes are served.

        Raises `ConfigError` where no public URL is configured, `Rejected` for what may not cross.
        """
        file, name = decode(attachment.source), names.cleaned(attachment.name)
        if not file.event:
            return await self.avatar(file.mxc)
        await self._opened.look(attachment)
        mime = attachment.mime or UNKNOWN
        kind = LinkKind.FILE if file.key is None else LinkKind.LOCKED
        url = await self._made(kind, file, name, mime, names.ending(name))
        return url if most is None else f"{url}?{MOST}={most}"

    async def avatar(self, mxc: str) -> str:
        """The address of somebody's picture: networks show it beside what they once said."""
        return await self._made(LinkKind.AVATAR, MatrixFile(mxc), "avatar", UNKNOWN, "")

    async def page(self, room: RoomID, event: EventID) -> str:
        """The address of a page with a message's whole text, read when it is asked for."""
        file = MatrixFile("", room, event)
        return await self._made(LinkKind.PAGE, file, "", "text/html", "")

    async def find(self, link: str) -> MediaLink | None:
        """What the world asks for."""
        return await self._media.link(link)

    def now(self) -> Millis:
        return millis(self._clock)

    async def _made(self, kind: LinkKind, file: MatrixFile, name: str, mime: str, tail: str) -> str:
        if self._public_url is None:
            raise ConfigError(
                "appservice.public_url is missing: a link to a file needs an address that the "
                "world reaches this bridge under; add it, like https://bridge.example.org"
            )
        lasts = kind is not LinkKind.AVATAR
        link = MediaLink(
            id=self._signer.media_link(kind, file.mxc, name, file.room, file.event),
            kind=kind,
            mxc=file.mxc,
            name=name,
            mime=mime,
            room=file.room,
            event=file.event,
            expires=self.now() + self.lifetime * 1000 if lasts else 0,
        )
        await self._writer.write(save_link(link))
        return f"{self._public_url}{PATH}/{link.id}{tail}"
