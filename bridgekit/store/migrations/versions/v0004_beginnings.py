"""When the bridging of each chat began."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_EVER = 946_684_800_000  # the year 2000: no network is older
_FIRST = sa.text(
    "UPDATE portal SET since = COALESCE("
    "(SELECT MIN(at) FROM link WHERE link.portal = portal.id), :now) WHERE state != 'new'"
)
# Nothing had been said there when it was looked: all of the chat came since.
_EMPTY = sa.text("SELECT key FROM value WHERE network LIKE '% history' AND value = 'as far as '")
_SINCE = sa.text("UPDATE portal SET since = :since WHERE id = :id AND state != 'new'")
_READ = sa.text(
    "UPDATE value SET value = 'read' WHERE network LIKE '% history' AND value = 'as far as '"
)


def upgrade() -> None:
    op.add_column("portal", sa.Column("since", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    connection.execute(_FIRST, {"now": int(time.time() * 1000)})
    for key in connection.scalars(_EMPTY).all():
        connection.execute(_SINCE, {"since": _EVER, "id": int(key)})
    connection.execute(_READ)
