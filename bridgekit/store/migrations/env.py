"""Alembic's entry: runs on the connection, and in the transaction, that `run` hands in."""

from alembic import context

# They add their tables to the metadata.
import bridgekit.store.command_tables
import bridgekit.store.encryption_tables
import bridgekit.store.kind_tables
import bridgekit.store.media_tables
import bridgekit.store.partial_indexes
import bridgekit.store.people_tables  # noqa: F401
from bridgekit.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
