"""Encrypted rooms: our device, its conversations, and the keys of rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "own_device",
        *_texts("device", "keys", "since"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_own_device")),
    )
    op.create_table(
        "olm_session",
        *_texts("session", "peer", "keys"),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_olm_session")),
    )
    op.create_index("ix_olm_session_peer", "olm_session", ["peer"])
    op.create_table(
        "peer_device",
        *_texts("user", "device", "key"),
        sa.PrimaryKeyConstraint("user", "device", name=op.f("pk_peer_device")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "encrypted_room",
        *_texts("room", "settings"),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_encrypted_room")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "room_key",
        *_texts("room", "session", "keys"),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_room_key")),
    )
    op.create_table(
        "room_key_share",
        *_texts("session", "user", "device", "peer"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "user", "device", name=op.f("pk_room_key_share")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_room_key_share_at", "room_key_share", ["at"])
    op.create_table(
        "reading_key",
        *_texts("session", "room", "sender", "peer", "keys"),
        sa.Column("ours", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_reading_key")),
    )
    op.create_index("ix_reading_key_at", "reading_key", ["at"])
    op.create_table(
        "read_place",
        *_texts("session"),
        sa.Column("place", sa.BigInteger(), nullable=False),
        *_texts("event"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "place", name=op.f("pk_read_place")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_read_place_at", "read_place", ["at"])
    _waiting()


def _waiting() -> None:
    """What is on its way."""
    op.create_table(
        "envelope",
        *_texts("txn", "content"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("txn", name=op.f("pk_envelope")),
    )
    op.create_index("ix_envelope_at", "envelope", ["at"])
    op.create_table(
        "to_device",
        *_texts("txn", "room", "messages"),
        sa.PrimaryKeyConstraint("txn", name=op.f("pk_to_device")),
    )
    op.create_index("ix_to_device_room", "to_device", ["room"])
    op.create_table(
        "unread_event",
        *_texts("event", "room", "session", "sender", "body"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_texts("why"),
        sa.Column("told", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("notice", sa.Text(), nullable=False, server_default=""),
        sa.Column("over", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_unread_event")),
    )
    op.create_index("ix_unread_event_session", "unread_event", ["session"])
    op.create_index("ix_unread_event_at", "unread_event", ["at"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]
