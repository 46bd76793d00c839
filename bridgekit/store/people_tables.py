"""The tables of what the bridge has to do with people: their own room with it, and their words."""

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text

from bridgekit.store.tables import metadata

# The room that somebody has with the bot alone: where they give commands and are told things.
person = Table(
    "person",
    metadata,
    Column("mxid", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Index("ix_person_room", "room"),
    sqlite_with_rowid=False,
)

# What somebody is still to be told there.
word = Table(
    "word",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Who is about to sign in, and in which room that goes on ("": in none). It holds no answer.
sign_in = Table(
    "sign_in",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("room", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The token by which a person lends the bridge their own account, sealed (`sealing.py`). `lost`:
# their homeserver takes it no longer, and they were told.
puppet = Table(
    "puppet",
    metadata,
    Column("mxid", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("lost", SmallInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
