"""How migrations say columns and tables. Written for good: what a past migration made must stay what it was.

SQLite's tables are STRICT, so that a text in a number's place is refused there as it is in PostgreSQL; STRICT knows
no BIGINT and no BOOLEAN, and its INTEGER holds both.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FLAG = sa.Boolean(create_constraint=False).with_variant(sa.Integer(), "sqlite")


def text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=null)


def added(name: str, value: str) -> sa.Column[str]:
    """A text for a table that has rows already; they get ``value``, and so does what an older version writes."""
    return sa.Column(name, _TEXT, nullable=False, server_default=value)


def number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, nullable=null)


def added_number(name: str) -> sa.Column[int]:
    """A number for a table that has rows already; it is 0 for them, and for what an older version writes."""
    return sa.Column(name, _NUMBER, nullable=False, server_default=sa.text("0"))


def small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, autoincrement=False)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, _FLAG, nullable=False)


def added_flag(name: str) -> sa.Column[bool]:
    """A flag for a table that has rows already; it is off for them, and for what an older version writes."""
    return sa.Column(name, _FLAG, nullable=False, server_default=sa.false())


def octets(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def table(name: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key), sqlite_strict=True)


def keep_rows(name: str, why: str) -> None:
    """Refuse UPDATE and DELETE on every row of a table, with these words."""
    if op.get_context().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{change.lower()} BEFORE {change} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_kept()"
    )
    op.execute(
        f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {name}_kept()"
    )
