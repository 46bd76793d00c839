"""Keys of rooms are known by whose they are, too: a session's name alone can be claimed.

And conversations that were not used for long are found.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("ix_olm_session_used_at", "olm_session", ["used_at"])
    # Not renamed: the names of their keys and indexes are those of the new tables.
    op.execute("CREATE TABLE former_key AS SELECT * FROM reading_key")
    op.drop_table("reading_key")
    op.create_table(
        "reading_key",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("session", "sender")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("room", "peer", "keys")),
        sa.Column("ours", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "sender", name=op.f("pk_reading_key")),
    )
    op.execute(
        "INSERT INTO reading_key (session, sender, room, peer, keys, ours, at) "
        "SELECT session, sender, room, peer, keys, ours, at FROM former_key"
    )
    op.drop_table("former_key")
    op.create_index("ix_reading_key_at", "reading_key", ["at"])
    _places()


def _places() -> None:
    """Those of keys that are forgotten go: nothing can be read with them."""
    op.execute("CREATE TABLE former_place AS SELECT * FROM read_place")
    op.drop_table("read_place")
    op.create_table(
        "read_place",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("session", "sender")),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "sender", "place", name=op.f("pk_read_place")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO read_place (session, sender, place, event, at) "
        "SELECT p.session, k.sender, p.place, p.event, p.at "
        "FROM former_place p JOIN reading_key k ON k.session = p.session"
    )
    op.drop_table("former_place")
    op.create_index("ix_read_place_at", "read_place", ["at"])
