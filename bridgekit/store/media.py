"""Public links to files, and uploads that are known."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from bridgekit.ids import EventID, NetworkName, RoomID
from bridgekit.models import Millis
from bridgekit.public_links import LinkKind, MediaLink, Redacted
from bridgekit.store import media_tables, sql
from bridgekit.store.reader import Reader

_LINK = text(
    "SELECT kind, mxc, name, mime, room, event, expires, revoked FROM media_link WHERE id = :id"
)
_SAVE_LINK = sql.upsert(
    media_tables.media_link,
    *("id", "kind", "mxc", "name", "mime", "room", "event", "expires"),
    update=["expires"],  # what was revoked stays so
)
_REVOKE = text("UPDATE media_link SET revoked = 1 WHERE event = :event AND event != ''")
_REVOKE_IN = text(
    "UPDATE media_link SET revoked = 1 WHERE event = :event AND event != '' AND room = :room"
)
_UPLOAD = text("SELECT body FROM upload WHERE network = :network AND source = :source")
_SAVE_UPLOAD = sql.upsert(media_tables.upload, "network", "source", "body", "at")


class Media:
    """Read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def link(self, link: str) -> MediaLink | None:
        row = await self._reader.first(_LINK, {"id": link})
        return row and MediaLink(
            id=link,
            kind=LinkKind(row.kind),
            mxc=row.mxc,
            name=row.name,
            mime=row.mime,
            room=RoomID(row.room),
            event=EventID(row.event),
            expires=row.expires,
            revoked=bool(row.revoked),
        )

    async def upload(self, network: NetworkName, source: str) -> str | None:
        """What a file became, as it was saved."""
        row = await self._reader.first(_UPLOAD, {"network": network, "source": source})
        return row and row.body


def save_link(link: MediaLink) -> sql.Rows:
    """Make a link known, or valid for longer."""
    row = {
        "id": link.id,
        "kind": link.kind.value,
        "mxc": link.mxc,
        "name": sql.plain(link.name),
        "mime": link.mime,
        "room": link.room,
        "event": link.event,
        "expires": link.expires,
    }
    return sql.Rows((_SAVE_LINK, [row]))


def revoke_links(event: EventID) -> sql.Rows:
    """Nobody may read any more what this event showed; to be committed with its redaction."""
    return sql.Rows((_REVOKE, [{"event": event}]))


def apply_redactions(connection: Connection, redacted: Sequence[Redacted]) -> None:
    """The same for what a homeserver tells; somebody in another room has no say."""
    rows = [{"event": one.event, "room": one.room} for one in redacted]
    sql.run(connection, _REVOKE_IN, rows)


def save_upload(network: NetworkName, source: str, body: str, at: Millis) -> sql.Rows:
    row = {"network": network, "source": source, "body": body, "at": at}
    return sql.Rows((_SAVE_UPLOAD, [row]))
