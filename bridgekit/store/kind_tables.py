"""The tables of what is more than a message: what was done to one, who read it, the past."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from bridgekit.store.tables import metadata

# What people did to a message: each edit, reaction, vote or pin, by the event that shows it.
# `message` is what it is about, `value` the emoji, the stamp or the choice; `login` put it there.
relation = Table(
    "relation",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("login", Text, nullable=False),  # "" where the network's own people did it
    Column("at", BigInteger, nullable=False),
    Index("ix_relation_message", "message"),  # with "portal" SQLite prefers the key, a long way
    sqlite_with_rowid=False,
)

# A message that is gone on the network, or an event that is gone on Matrix: nothing about it is
# worth doing any more, and it must not come (back) to life (delivery rule 20).
tombstone = Table(
    "tombstone",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("ix_tombstone_at", "at"),
    sqlite_with_rowid=False,
)

# How far somebody has read, until the other side knows: an MXID and an event, or both remote.
receipt = Table(
    "receipt",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A chat whose past is being read: job IDs `next` to `last` are kept for it (delivery rule 21).
gap = Table(
    "gap",
    metadata,
    Column("portal", BigInteger, primary_key=True, autoincrement=False),
    Column("after", Text),
    Column("next", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)
