"""What every kind of event needs besides messages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("job", sa.Column("target", sa.Text(), nullable=True))
    op.add_column("link", sa.Column("login", sa.Text(), nullable=True))
    op.add_column("pending", sa.Column("login", sa.Text(), nullable=True))
    op.create_index("ix_login_me", "login", ["network", "me"])
    op.create_index("ix_transaction_at", "transaction", ["at"])
    op.create_index("ix_portal_network_receiver", "portal", ["network", "receiver"])
    creating = sa.text("state = 'creating'")
    op.create_index(
        "ix_portal_creating", "portal", ["id"], sqlite_where=creating, postgresql_where=creating
    )
    op.create_table(
        "relation",
        sa.Column("portal", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal", "event", name=op.f("pk_relation")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_relation_message", "relation", ["message"])
    op.create_table(
        "tombstone",
        sa.Column("portal", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal", "target", name=op.f("pk_tombstone")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tombstone_at", "tombstone", ["at"])
    op.create_table(
        "gap",
        sa.Column("portal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal", name=op.f("pk_gap")),
    )
    op.create_table(
        "receipt",
        sa.Column("portal", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal", "direction", "user", name=op.f("pk_receipt")),
        sqlite_with_rowid=False,
    )
    op.add_column("ghost", _column("made_at", sa.BigInteger()))
    op.create_index("ix_ghost_network_made_at", "ghost", ["network", "made_at"])
    op.add_column("member", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("member", _column("banned", sa.SmallInteger()))
    unapplied = sa.text("rank != applied")
    op.create_table(
        "standing",
        sa.Column("portal", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("applied", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("under", sa.Integer(), nullable=True),
        sa.Column("setting", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("portal", "user", name=op.f("pk_standing")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_standing_drift",
        "standing",
        ["portal"],
        sqlite_where=unapplied,
        postgresql_where=unapplied,
    )
    op.create_table(
        "stated",
        sa.Column("portal", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal", "kind", name=op.f("pk_stated")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "moved",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("network", "chat", "receiver")),
        sa.Column("portal", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", "chat", "receiver", name=op.f("pk_moved")),
        sqlite_with_rowid=False,
    )
    _media()
    _people()
    _commands()


def _people() -> None:
    """Logins that people sign in to, and what the bridge tells its people."""
    op.add_column("login", _text("kind", "automatic"))
    op.add_column("login", _column("made_at", sa.BigInteger()))
    op.add_column("login", _column("chosen_at", sa.BigInteger()))
    op.add_column("login", _text("told", ""))
    op.execute("UPDATE login SET kind = 'configured' WHERE owner IS NULL")
    op.create_index("ix_login_person", "login", ["owner", "network"])
    op.create_table(
        "person",
        sa.Column("mxid", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mxid", name=op.f("pk_person")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_person_room", "person", ["room"])
    op.create_table(
        "word",
        sa.Column("key", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("user", "text")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_word")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sign_in",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "user", "network", "room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "puppet",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("mxid", "token")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _column("lost", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("mxid", name=op.f("pk_puppet")),
        sqlite_with_rowid=False,
    )
    op.add_column("portal", sa.Column("relay", sa.Text(), nullable=True))


def _commands() -> None:
    """What was asked for, by whom, and the tokens that programs come with."""
    texts = ("user", "via", "command", "arguments", "room", "outcome", "detail")
    op.create_table(
        "audit",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audit")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    times = ("made_at", "expires", "used_at")
    op.create_table(
        "api_token",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("digest", "owner", "name")),
        sa.Column("scopes", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in times),
        _text("made_by", ""),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_token")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_api_token_owner", "api_token", ["owner", "name"])
    op.create_index("ix_api_token_expires", "api_token", ["expires"])


def _text(name: str, default: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _media() -> None:
    """Public links to files, and what was uploaded already."""
    texts = ("kind", "mxc", "name", "mime", "room", "event")
    op.create_table(
        "media_link",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        _column("revoked", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_link")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_media_link_event", "media_link", ["event"])
    op.create_index("ix_media_link_expires", "media_link", ["expires"])
    op.create_table(
        "upload",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("network", "source", "body")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", "source", name=op.f("pk_upload")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_upload_at", "upload", ["at"])


def _column(name: str, kind: sa.types.TypeEngine[int]) -> sa.Column[int]:
    return sa.Column(name, kind, nullable=False, server_default="0")
