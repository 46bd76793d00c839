"""Ghosts have devices, and each speaks in a room with a key of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Not renamed: the names of its keys and indexes are those of the new table.
    op.execute("CREATE TABLE former_key AS SELECT * FROM room_key")
    op.drop_table("room_key")
    op.create_table(
        "room_key",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("room", "speaker")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("session", "keys")),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room", "speaker", name=op.f("pk_room_key")),
    )
    # Whoever spoke until now did so by the bot's device.
    op.execute(
        "INSERT INTO room_key (room, speaker, session, keys, messages, made_at) "
        "SELECT room, '', session, keys, messages, made_at FROM former_key"
    )
    op.drop_table("former_key")
    op.create_index("ix_room_key_made_at", "room_key", ["made_at"])
    op.add_column("to_device", sa.Column("speaker", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "ghost_device",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("ghost", "device", "signer")),
        sa.Column("emptied_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ghost", name=op.f("pk_ghost_device")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ghost_device_emptied_at", "ghost_device", ["emptied_at"])
