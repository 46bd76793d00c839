"""The tables of commands: what was asked for, by whom, and the tokens that programs come with."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from bridgekit.store.tables import metadata

# What somebody told the bridge to change. `key` makes it one, however often it is asked for;
# `outcome` is "begun" until it has ended, and stays so if the bridge dies in between.
audit = Table(
    "audit",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("user", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # a JSON object, without secrets
    Column("room", Text, nullable=False),  # "" for none
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_at", "at"),
    sqlite_with_rowid=False,
)

# A token is never stored: `digest` recognises it. `expires` 0 is never.
# `made_by` is the digest of the token that made it, "" for none: it ends with that one.
api_token = Table(
    "api_token",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # words
    Column("made_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False, server_default=""),
    Index("ix_api_token_owner", "owner", "name"),
    Index("ix_api_token_expires", "expires"),
    sqlite_with_rowid=False,
)
