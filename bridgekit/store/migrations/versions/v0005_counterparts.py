"""Whom each private chat is with, where its ID does not say it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("portal", sa.Column("other", sa.Text(), nullable=True))
