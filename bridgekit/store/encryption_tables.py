"""The tables of encrypted rooms: what would be lost with them is what nobody could read again.

What is secret in them is sealed (`sealing.py`).
"""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, Text

from bridgekit.store.tables import metadata

# Our own device: its keys, and up to where it has read what was sent to it. `known`: the
# homeserver has its keys.
own_device = Table(
    "own_device",
    metadata,
    Column("device", Text, primary_key=True),
    Column("keys", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("known", SmallInteger, nullable=False, server_default="0"),
)

# A conversation of our device with another one, whose curve25519 key is `peer`.
olm_session = Table(
    "olm_session",
    metadata,
    Column("session", Text, primary_key=True),
    Column("peer", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Index("ix_olm_session_peer", "peer"),
)

# The key that each device of somebody was first seen with: another one later is not that device.
peer_device = Table(
    "peer_device",
    metadata,
    Column("user", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("key", Text, nullable=False),
    sqlite_with_rowid=False,
)

# A room that was encrypted once is so for ever, whatever its state says later.
encrypted_room = Table(
    "encrypted_room",
    metadata,
    Column("room", Text, primary_key=True),
    Column("settings", Text, nullable=False),
    sqlite_with_rowid=False,
)

# With which key what we say in a room is encrypted next.
room_key = Table(
    "room_key",
    metadata,
    Column("room", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

# Who has it: `peer` is "" where a device could not be given it.
room_key_share = Table(
    "room_key_share",
    metadata,
    Column("session", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("peer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_room_key_share_at", "at"),
    sqlite_with_rowid=False,
)

# With which keys what is said in rooms is read. `ours`: we made it ourselves.
reading_key = Table(
    "reading_key",
    metadata,
    Column("session", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("ours", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_reading_key_at", "at"),
)

# Which event was read with which place of a key: another one that claims it is a replay.
read_place = Table(
    "read_place",
    metadata,
    Column("session", Text, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("event", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_read_place_at", "at"),
    sqlite_with_rowid=False,
)

# What was encrypted and may not have been sent yet, by its transaction ID.
envelope = Table(
    "envelope",
    metadata,
    Column("txn", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_envelope_at", "at"),
)

# What is to be sent to other devices, by its transaction ID; gone once it is.
to_device = Table(
    "to_device",
    metadata,
    Column("txn", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("messages", Text, nullable=False),
    Index("ix_to_device_room", "room"),
)

# What people said and nobody can read yet. `notice` is the event by which its sender was told;
# `over`: nothing is left to do but to take that back.
unread_event = Table(
    "unread_event",
    metadata,
    Column("event", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("told", SmallInteger, nullable=False, server_default="0"),
    Column("notice", Text, nullable=False, server_default=""),
    Column("over", SmallInteger, nullable=False, server_default="0"),
    Index("ix_unread_event_session", "session"),
    Index("ix_unread_event_at", "at"),
)
