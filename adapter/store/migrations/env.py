"""How do the migrations reach the database? On the connection, and in the transaction, that the store hands over."""

from alembic import context

from adapter.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
