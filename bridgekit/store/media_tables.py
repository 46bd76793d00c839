"""The tables of files: public links, and what was uploaded already."""

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text

from bridgekit.store.tables import metadata

# What the world may read under a link of ours. `event` shows the file ("" for an avatar): when it
# is redacted, its links are `revoked`. `expires` 0 is never.
media_link = Table(
    "media_link",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("mxc", Text, nullable=False),  # "" for a page: it shows the event's own text
    Column("name", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("event", Text, nullable=False, index=True),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", SmallInteger, nullable=False, server_default="0"),
    Index("ix_media_link_expires", "expires"),
    sqlite_with_rowid=False,
)

# What a network's file became, so that a repeated try does not upload it again.
upload = Table(
    "upload",
    metadata,
    Column("network", Text, primary_key=True),
    Column("source", Text, primary_key=True),  # a digest
    Column("body", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_upload_at", "at"),
    sqlite_with_rowid=False,
)
