"""Devices of ghosts have the key by which others begin a conversation with ours, and are read."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for table in ("own_device", "ghost_device"):
        op.add_column(table, sa.Column("fallback", sa.Text(), nullable=False, server_default=""))
    place = sa.Column("since", sa.Text(), nullable=False, server_default="")
    op.add_column("ghost_device", place)
    made = sa.Column("fallback_at", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("own_device", made)
    # None has one yet: each is due at the start.
    op.execute("UPDATE ghost_device SET emptied_at = 0")
