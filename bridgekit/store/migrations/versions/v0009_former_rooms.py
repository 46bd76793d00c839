"""A portal knows the room that it had before: what is in doubt may have been sent there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("portal", sa.Column("former", sa.Text(), nullable=True))
