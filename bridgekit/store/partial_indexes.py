"""Indexes over few of a table's rows: those that something is still to be done about.

Apart from the tables: such a condition loads PostgreSQL's dialect (2 MB), and only a migration
needs to know of them.
"""

from sqlalchemy import Column, Index, text

from bridgekit.store import tables


def _index(name: str, column: Column[int], condition: str) -> None:
    """Over the rows that meet `condition`; it is added to the table of `column`."""
    where = text(condition)
    Index(name, column, sqlite_where=where, postgresql_where=where)


_index("ix_transaction_open", tables.transaction.c.id, "body IS NOT NULL")
_index("ix_member_drift", tables.member.c.portal, "wanted != actual")
_index("ix_portal_creating", tables.portal.c.id, "state = 'creating'")
_index("ix_standing_drift", tables.standing.c.portal, "rank != applied")
