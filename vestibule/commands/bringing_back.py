"""Bringing a backup back, step by step.

Everything is looked at before anything is changed. Then a database is made in a folder beside the place where it is
to be, erasures and all, and only when it is whole does it get its place: on SQLite by renaming, on PostgreSQL in one
transaction. Until then nothing has happened, whenever it ends; a folder that was left is emptied by the next attempt.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import apsw

from vestibule.actions import backing_up, restoring_backup
from vestibule.actions.backing_up import Manifest, Progress
from vestibule.actions.restoring_backup import Return
from vestibule.commands import common
from vestibule.commands.common import Failure
from vestibule.ground import destroyed_keys
from vestibule.ground.chance import SystemChance
from vestibule.ground.clock import SystemClock, iso
from vestibule.ground.destroyed_keys import BadJournal, Journal
from vestibule.ground.sealed_files import BadFile, SealedReader, fingerprint
from vestibule.ground.sealing import KeyFile, Sealer
from vestibule.program import open_program
from vestibule.settings import Settings
from vestibule.store import backups, migrate, replacing
from vestibule.store.opening import DEFAULT_NAME, keys_path, open_store, sqlite_path
from vestibule.store.postgres import PostgresStore
from vestibule.store.serving_lock import ServingLock
from vestibule.store.times import Times
from vestibule.store.unit import Unavailable

Counting = Callable[[str], Progress]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. ``keys_file`` None: without the subject keys."""

    file: Path
    keys_file: Path | None
    journals: tuple[Path, ...]
    without_journal: bool
    replace: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that came back: what it says, which journals were read, what was done in it."""

    manifest: Manifest
    journals: list[Path]
    done: Return


@dataclass(frozen=True, slots=True)
class Known:
    """Who is known to have been erased. ``complete``: since the backup was taken, nobody is missing."""

    journals: dict[Path, Journal]
    of_database: frozenset[str]
    complete: bool

    @property
    def key_ids(self) -> set[str]:
        """The keys that were destroyed."""
        return {key_id for one in self.journals.values() for key_id in one.destroyed} | self.of_database


class Target:
    """The database that is to be filled.

    Attributes:
        folder: where it is made first.
    """

    def __init__(self, settings: Settings, *, replace: bool) -> None:
        """Name it; nothing is opened."""
        self.settings = settings
        self.replace = replace
        self.path = sqlite_path(settings.database_url or None, settings.data)
        self.folder = replacing.folder_for(self.path or settings.data / DEFAULT_NAME)

    @asynccontextmanager
    async def held(self) -> AsyncIterator["PostgresStore | None"]:
        """Nobody serves it inside. Gives the PostgreSQL store. Raises Failure, Unavailable."""
        if self.path is None:
            store = await PostgresStore.open(self.settings.database_url, Times(SystemClock()), connections=1)
            try:
                await self._check_server(store)
                yield store
            finally:
                await store.close()
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = ServingLock(self.path)
        lock.serve()
        try:
            replacing.finish(self.folder)
            self._check_files(self.path)
            yield None
        finally:
            lock.give_back()

    def _check_files(self, path: Path) -> None:
        there = [one for one in (path, keys_path(path)) if one.exists() and one.stat().st_size]
        if there and not self.replace:
            raise Failure(
                f"there is a database already ({there[0]}): name an empty data folder with VESTIBULE_DATA, "
                "or say --replace"
            )

    async def _check_server(self, store: PostgresStore) -> None:
        if others := await backups.other_connections(store):
            raise Failure(
                f"{others} other connections of Vestibule use this database: stop what serves and works first"
            )
        if await backups.is_empty(store):
            self.replace = False
        elif not self.replace:
            raise Failure("there is a database already at VESTIBULE_DATABASE_URL: name an empty one, or say --replace")
        elif await migrate.current(store) != migrate.HEAD:
            raise Failure("the database that is to be replaced is another version's: name an empty one")

    async def journal(self, store: PostgresStore | None) -> tuple[str, set[str]]:
        """The generation of the database that is replaced, and which keys it knows to be destroyed."""
        if not self.replace:
            return "", set()
        if store is not None:
            return await backups.journalled(await store.read())
        return await self._journal_of_file()

    async def _journal_of_file(self) -> tuple[str, set[str]]:
        if self.path is None or not self.path.exists():
            return "", set()
        try:
            return await backups.journal_of_file(self.path)
        except (Unavailable, apsw.Error) as broken:
            common.tell(f"the database that is replaced cannot be asked who was erased: {broken}")
            return "", set()

    async def publish(self, staged: Path, store: PostgresStore | None, count: Progress) -> None:
        """Give the new database its place."""
        if store is not None:
            await backups.copy_to_postgres(
                staged, keys_path(staged), store, replace=self.replace, count=lambda _, rows: count(len(rows))
            )
            replacing.give_up(self.folder)
            return
        if self.path is not None:
            replacing.publish(self.folder, [(staged, self.path), (keys_path(staged), keys_path(self.path))])


async def bring_back(settings: Settings, wanted: Wanted, counting: Counting) -> Restored:
    """Bring a backup back.

    Raises:
        Failure: with what to do; nothing was changed. Unavailable, OSError: the same.
    """
    sealer = _sealer(settings)
    with _said():
        files = _files(wanted)
        manifest = _look(files, sealer, counting("checked"))
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = Target(settings, replace=wanted.replace)
    async with target.held() as store:
        known = _known(settings, wanted, manifest, await target.journal(store), fingerprint(sealer))
        replacing.begin(target.folder)
        try:
            with _said():
                await _fill(target, files, manifest, sealer, counting("read"))
            done = await _come_back(settings, target, manifest, known)
            _keep_journal(settings, manifest, known, fingerprint(sealer))
            await target.publish(target.folder / DEFAULT_NAME, store, counting("restored"))
        finally:
            replacing.give_up(target.folder)
    return Restored(manifest, sorted(known.journals), done)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except (BadFile, BadJournal) as bad:
        raise Failure(str(bad)) from bad


def _sealer(settings: Settings) -> Sealer:
    chance = SystemChance()
    try:
        return Sealer(KeyFile(settings.key_path).read(), chance)
    except FileNotFoundError:
        raise Failure(
            f"there is no key file {settings.key_path}: copy key-encryption-key of the house that the backup was taken "
            "from to there, or name it with VESTIBULE_KEY_FILE; no backup holds it, and none can be opened without it"
        ) from None


def _files(wanted: Wanted) -> list[SealedReader]:
    """The files, the main one first. Raises BadFile, Failure."""
    files = [SealedReader(wanted.file, backing_up.MAIN_FILE, "backup")]
    if wanted.keys_file is None:
        return files
    if not wanted.keys_file.exists():
        raise Failure(
            f"there is no {wanted.keys_file} with the subject keys: name it with --keys, or say --without-keys when "
            "they are gone; then the personal parts of earlier audit events stay closed for ever"
        )
    return [*files, SealedReader(wanted.keys_file, backing_up.KEYS_FILE, "file of subject keys")]


def _look(files: list[SealedReader], sealer: Sealer, progress: Progress) -> Manifest:
    """Look at all of the files. Returns what the main one says. Raises BadFile, Failure."""
    manifest, *keys = [backing_up.read(one, sealer, progress) for one in files]
    if keys and keys[0].id != manifest.id:
        raise Failure(
            f"{files[1].path} belongs to another backup, of {keys[0].taken_at}, and {files[0].path} is of "
            f"{manifest.taken_at}: name the one that was written with it with --keys"
        )
    if manifest.revision not in migrate.REVISIONS:
        raise Failure(
            f"the backup is of a newer version of Vestibule (revision {manifest.revision}, and this one knows "
            f"{migrate.HEAD}): bring it back with that version"
        )
    return manifest


def _known(settings: Settings, wanted: Wanted, manifest: Manifest, database: tuple[str, set[str]], whose: str) -> Known:
    """Who was erased since. Raises Failure when nobody knows, unless that was said to be so."""
    generation, of_database = database
    with _said():
        journals = {path: destroyed_keys.read(path) for path in wanted.journals}
        foreign = [path for path, one in journals.items() if one.whose != whose]
        if foreign:
            raise Failure(f"{foreign[0]} is the erasure journal of another house (another key-encryption key)")
        for path in {(folder / destroyed_keys.NAME).resolve() for folder in (settings.data, Path(manifest.folder))}:
            if path.exists():
                journals[path] = destroyed_keys.read(path)
    journals = {path: one for path, one in journals.items() if one.whose == whose}
    complete = generation == manifest.generation or any(one.since <= manifest.taken for one in journals.values())
    if not complete and not wanted.without_journal:
        late = (
            f" ({', '.join(f'{path} begins at {iso(one.since)}' for path, one in journals.items())})"
            if journals
            else ""
        )
        raise Failure(
            f"nobody knows who was erased since {manifest.taken_at}, when the backup was taken{late}: name the file "
            f"{destroyed_keys.NAME} of the data folder of that house with --journal; with --without-journal everybody "
            "who was erased since comes back, and has to be erased again by hand"
        )
    if not complete:
        common.tell(f"warning: whoever was erased since {manifest.taken_at} is back; erase them again before you serve")
    return Known(journals, frozenset(of_database), complete)


async def _fill(
    target: Target,
    files: list[SealedReader],
    manifest: Manifest,
    sealer: Sealer,
    progress: Progress,
) -> None:
    """Make a database of the backup's version in the folder."""
    columns = dict(manifest.columns)
    columns.update({backups.KEYS: ["key_id", "wrapped", "created_at"]})

    def pieces() -> Iterator[tuple[str, list[str], list[list[object]]]]:
        for one in files:
            for table, rows in backing_up.pieces(one, sealer):
                progress(len(rows))
                yield table, columns[table], rows

    opened = await open_store(None, target.folder, SystemClock(), sealer=sealer, serving=True)
    try:
        await backups.fill_file(opened, manifest.revision, pieces())
    finally:
        await opened.close()


async def _come_back(settings: Settings, target: Target, manifest: Manifest, known: Known) -> Return:
    """Bring it to this version, and do what has to be done before it answers."""
    at = replace(settings, data=target.folder, database_url="", key_file=str(settings.key_path))
    program = await open_program(at, serving=True)
    try:
        return await restoring_backup.come_back(
            program.house, taken_at=manifest.taken_at, destroyed=known.key_ids, journal_known=known.complete
        )
    finally:
        await program.close()


def _keep_journal(settings: Settings, manifest: Manifest, known: Known, whose: str) -> None:
    """All that is known goes on being known here, for the next backup that comes back."""
    since = manifest.taken if known.complete else SystemClock().now()
    found = destroyed_keys.merged(known.journals.values(), whose, since)
    for key_id in known.of_database:
        found.destroyed.setdefault(key_id, manifest.taken)
    destroyed_keys.write(settings.data / destroyed_keys.NAME, found)
