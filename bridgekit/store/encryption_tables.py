"""The tables of encrypted rooms: what would be lost with them is what nobody could read again.

What is secret in them is sealed (`sealing.py`).
"""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, Text

from bridgekit.store.tables import metadata

# Our own device: its keys, and up to where it has read what was sent to it. `known`: the
# homeserver has its keys. `fallback`: the name and the public part of the key by which others begin
# a conversation where no one-time key is left, made at `fallback_at`.
own_device = Table(
    "own_device",
    metadata,
    Column("device", Text, primary_key=True),
    Column("keys", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("known", SmallInteger, nullable=False, server_default="0"),
    Column("fallback", Text, nullable=False, server_default=""),
    Column("fallback_at", BigInteger, nullable=False, server_default="0"),
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
    Index("ix_olm_session_used_at", "used_at"),
)

# The key that each device of somebody was first seen with: another one later is not that device,
# unless its owner vouches for it, whose own key is that of the device "".
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

# With which key what we say in a room is encrypted next. `speaker` is the ghost by whose device, or
# "": the bot's.
room_key = Table(
    "room_key",
    metadata,
    Column("room", Text, primary_key=True),
    Column("speaker", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("ix_room_key_made_at", "made_at"),
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

# With which keys what is said in rooms is read, and whose words: anybody can claim a session by its
# name. `ours`: we made it ourselves.
reading_key = Table(
    "reading_key",
    metadata,
    Column("session", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("room", Text, nullable=False),
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
    Column("sender", Text, primary_key=True),
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

# What is to be sent to other devices, by its transaction ID; gone once it is. `speaker` is who says
# it, as above.
to_device = Table(
    "to_device",
    metadata,
    Column("txn", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("messages", Text, nullable=False),
    Column("speaker", Text, nullable=False, server_default=""),
    Index("ix_to_device_room", "room"),
)

# The ghosts that have our device under their own name: `device` is what it is called, `signer` the
# key that vouches for it; `fallback` and `since` are as of our own device. It was last seen to at
# `emptied_at`.
ghost_device = Table(
    "ghost_device",
    metadata,
    Column("ghost", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("emptied_at", BigInteger, nullable=False),
    Column("fallback", Text, nullable=False, server_default=""),
    Column("since", Text, nullable=False, server_default=""),
    Index("ix_ghost_device_emptied_at", "emptied_at"),
    sqlite_with_rowid=False,
)

# What people said and nobody can read yet. `notice` is the event by which its sender was told;
# `over`: 0, it waits; 2, it was taken in again, and is not split yet; 3, it was redacted before it
# was; 1, nothing is left to do but to take the notice back.
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
