"""The tables: what the core must still know after it was killed.

Every row that a lane or a login owns carries `registration` and `shard`, so that several
processes can share them one day; today both are always 0. Times are milliseconds UTC.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _owned() -> tuple[Column[int], Column[int]]:
    return (
        Column("registration", SmallInteger, nullable=False, server_default="0"),
        Column("shard", SmallInteger, nullable=False, server_default="0"),
    )


def _id() -> Column[int]:
    # SQLite makes only a plain INTEGER primary key the row's own key.
    return Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )


meta = Table(
    "meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False)
)

counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# A homeserver transaction. `digest` is over what it holds: a homeserver that was restored counts
# from 1 again, with other events (delivery rule 1). `body` is null once it is split to lanes.
transaction = Table(
    "transaction",
    metadata,
    _id(),
    *_owned(),
    Column("txn", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", Text),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("digest", "registration"),  # in this order: it is found by its digest
    Index("ix_transaction_at", "at"),
)

job = Table(
    "job",
    metadata,
    _id(),
    *_owned(),
    Column("direction", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("dead", SmallInteger, nullable=False, server_default="0"),
    Column("error", Text),
    Column("target", Text),  # the event or message that it changes (delivery rules 9 and 20)
    Index("ix_job_source", "source"),
)

part = Table(
    "part",
    metadata,
    Column("job", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("txn", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text),
    Column("ids", Text),
    sqlite_with_rowid=False,
)

# Keys of what was received, kept longer than links (delivery rule 18).
seen = Table(
    "seen",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("ix_seen_at", "at"),
    sqlite_with_rowid=False,
)

outcome = Table(
    "outcome",
    metadata,
    Column("job", BigInteger, primary_key=True),
    Column("network", Text, nullable=False),  # "" for a room's own business
    Column("direction", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=False),
    Column("steps", Text, nullable=False),
    Index("ix_outcome_source", "source"),
    Index("ix_outcome_finished_at", "finished_at"),
)

portal = Table(
    "portal",
    metadata,
    _id(),
    *_owned(),
    Column("network", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("receiver", Text, nullable=False),  # "" for a chat that all logins share
    Column("state", Text, nullable=False),
    Column("room", Text, index=True),
    Column("flow", Text, nullable=False),
    Column("ours", SmallInteger, nullable=False),
    Column("relay", Text),  # who speaks for others: null: as the network says; "": nobody
    Column("since", BigInteger),  # when its bridging began; null in state "new"
    Column("other", Text),  # whom a private chat is with; null: its ID is theirs; "": not known
    Column("former", Text),  # the room that it had before; null: none
    UniqueConstraint("network", "chat", "receiver"),
    Index("ix_portal_network_receiver", "network", "receiver"),
)

link = Table(
    "link",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("event", Text, nullable=False, index=True),
    Column("sender", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("login", Text),  # what we sent it through
    sqlite_with_rowid=False,
)

ghost = Table(
    "ghost",
    metadata,
    Column("network", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("mxid", Text, nullable=False, unique=True),
    Column("name", Text),
    Column("made_at", BigInteger, nullable=False, server_default="0"),
    Index("ix_ghost_network_made_at", "network", "made_at"),
    sqlite_with_rowid=False,
)

# `wanted` is where the network has them, `actual` what the homeserver last confirmed. `actor` is
# who put them out ("": nobody that we know; null: they left). `banned`: the ban is our doing.
member = Table(
    "member",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("wanted", Text, nullable=False),
    Column("actual", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("actor", Text),
    Column("banned", SmallInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

# `rank` is what somebody may do on the network, `applied` the rank last brought to the room and
# `level` the power level that we set for it (null: none, or a person changed it). The user "" is
# everybody: their rank is the least that may speak, their level the room's `events_default`.
standing = Table(
    "standing",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("rank", Text, nullable=False),
    Column("applied", Text, nullable=False),
    Column("level", Integer),
    Column("under", Integer),
    Column("setting", Integer),
    sqlite_with_rowid=False,
)

# `credentials` are sealed (`sealing.py`). `told` is what their person knows of how it stands.
login = Table(
    "login",
    metadata,
    Column("id", Text, primary_key=True),
    *_owned(),
    Column("network", Text, nullable=False),
    Column("owner", Text),
    Column("credentials", Text, nullable=False),
    Column("me", Text),
    Column("cursor", Text),
    Column("used_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, server_default="automatic"),
    Column("made_at", BigInteger, nullable=False, server_default="0"),
    Column("chosen_at", BigInteger, nullable=False, server_default="0"),
    Column("told", Text, nullable=False, server_default=""),
    Index("ix_login_owner", "network", "owner"),
    Index("ix_login_person", "owner", "network"),
    Index("ix_login_me", "network", "me"),
)

# Our own message whose network ID comes later, with the echo of its txn.
pending = Table(
    "pending",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("txn", Text, primary_key=True),
    Column("part", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("login", Text),
)

# State that we last set in a portal's room, as a digest over room and content: what has not
# changed is not sent again.
stated = Table(
    "stated",
    metadata,
    Column("portal", BigInteger, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

value = Table(
    "value",
    metadata,
    Column("network", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("key", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What happened to the bridge itself: starts, stops, logins, rooms.
change = Table(
    "change",
    metadata,
    Column("at", BigInteger, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
)
