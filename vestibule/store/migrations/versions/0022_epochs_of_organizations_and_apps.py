"""How often everything that was given in an organization, or to an app, was ended.

An app whose service principal was deleted had a note from when on its own tokens count; it gets an epoch for it.
"""

from alembic import op

from vestibule.store.migrations.frozen import added_number

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organization", added_number("epoch"))
    op.add_column("app", added_number("epoch"))
    op.execute("""UPDATE app SET epoch = 1 WHERE attributes LIKE '%"tokensFrom"%'""")
