"""For Alembic's own command line (``alembic revision``), which otherwise has no part in running migrations."""

from alembic import context

from vestibule.store.schema import metadata

context.configure(
    dialect_name=context.get_x_argument(as_dictionary=True).get("dialect", "postgresql"), target_metadata=metadata
)
context.run_migrations()
