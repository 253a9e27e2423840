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


def table(name: str, *columns: sa.Column[Any], key: tuple[str, ...], key_alone: bool = False) -> None:
    """A table. ``key_alone``: it is all key, so that SQLite keeps it once and not once more beside the key."""
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key), sqlite_strict=True, sqlite_with_rowid=not key_alone)


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


_MARKS = "-''._,()+/&"
"""What divides words beside spaces, as SQL writes it inside quotes."""


def words_of_profiles(dialect: str) -> list[str]:
    """What keeps ``profile_word`` as the profiles are, whoever writes them: an older version too.

    The words of a profile are those of its name, its address and the part of it before the @, each as it stands and
    divided at hyphens, dots and the like. The statements of one database, in order.
    """
    return _words_in_sqlite() if dialect == "sqlite" else _words_in_postgresql()


def _words_in_sqlite() -> list[str]:
    def divided(text: str) -> str:
        for mark in ("-", "''", ".", "_", ",", "(", ")", "+", "/", "&"):
            text = f"replace({text}, '{mark}', ' ')"
        return text

    def words(row: str) -> str:
        name, mail = f"{row}.display_name_key", f"coalesce({row}.mail_key, '')"
        local = f"substr({mail}, 1, max(instr({mail}, '@') - 1, 0))"
        parts = [name, divided(name), mail, f"replace({mail}, '@', ' ')", divided(local)]
        return "json_each('[' || replace(json_quote(" + " || ' ' || ".join(parts) + "), ' ', '\",\"') || ']')"

    into = "INSERT OR IGNORE INTO profile_word (tenant_id, word, user_id)"
    fill = f"{into} SELECT tenant_id, value, user_id FROM profile, {words('profile')} WHERE value <> ''"
    put = f"{into} SELECT NEW.tenant_id, value, NEW.user_id FROM {words('NEW')} WHERE value <> ''"
    which = "tenant_id = OLD.tenant_id AND user_id = OLD.user_id"
    take = f"DELETE FROM profile_word WHERE {which} AND word IN (SELECT value FROM {words('OLD')})"
    other = "NEW.display_name_key IS NOT OLD.display_name_key OR NEW.mail_key IS NOT OLD.mail_key"
    of = "display_name_key, mail_key ON profile"
    return [
        fill,
        f"CREATE TRIGGER profile_word_come AFTER INSERT ON profile BEGIN {put}; END",
        f"CREATE TRIGGER profile_word_change AFTER UPDATE OF {of} WHEN {other} BEGIN {take}; {put}; END",
        f"CREATE TRIGGER profile_word_go AFTER DELETE ON profile BEGIN {take}; END",
    ]


def _words_in_postgresql() -> list[str]:
    divided = f"translate({{}}, '{_MARKS}', '          ')"
    local = "CASE WHEN strpos(mail, '@') > 0 THEN left(mail, strpos(mail, '@') - 1) ELSE '' END"
    parts = ["name", divided.format("name"), "mail", "replace(mail, '@', ' ')", divided.format(local)]
    listed = f"string_to_array({' || chr(32) || '.join(parts)}, ' ')"
    words = f"SELECT DISTINCT word FROM unnest({listed}) AS word WHERE word <> ''"
    into = "INSERT INTO profile_word (tenant_id, word, user_id)"
    fill = f"{into} SELECT tenant_id, word, user_id FROM profile, {_of('profile')} AS word"
    put = f"{into} SELECT NEW.tenant_id, word, NEW.user_id FROM {_of('NEW')} AS word;"
    which = "tenant_id = OLD.tenant_id AND user_id = OLD.user_id"
    old = f"ARRAY(SELECT {_of('OLD')})"
    take = f"DELETE FROM profile_word WHERE {which} AND word = ANY ({old});"
    steps = f"IF TG_OP <> 'INSERT' THEN {take} END IF; IF TG_OP <> 'DELETE' THEN {put} END IF; RETURN NULL;"
    other = "(NEW.display_name_key, NEW.mail_key) IS DISTINCT FROM (OLD.display_name_key, OLD.mail_key)"
    do = "EXECUTE FUNCTION profile_word_kept()"
    of = "display_name_key, mail_key ON profile"
    language = "LANGUAGE sql IMMUTABLE"
    return [
        f"CREATE FUNCTION profile_words(name text, mail text) RETURNS SETOF text {language} AS $$ {words} $$",
        fill,
        f"CREATE FUNCTION profile_word_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {steps} END $$",
        f"CREATE TRIGGER profile_word_come_or_go AFTER INSERT OR DELETE ON profile FOR EACH ROW {do}",
        f"CREATE TRIGGER profile_word_change AFTER UPDATE OF {of} FOR EACH ROW WHEN ({other}) {do}",
    ]


def _of(row: str) -> str:
    return f"profile_words({row}.display_name_key, coalesce({row}.mail_key, ''))"
