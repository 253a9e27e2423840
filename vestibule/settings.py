"""Settings: environment variables ``VESTIBULE_*``, or a TOML file named by ``VESTIBULE_CONFIG``; the environment wins.

An unknown name is an error that suggests the nearest one, so that a misspelt setting is never silently ignored.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from vestibule.doors.web import accent, logo
from vestibule.ground.countries import BadCountryFile, Countries
from vestibule.ground.known_passwords import BadPasswordFile, KnownPasswords
from vestibule.ground.mail import BadMailUrl, SmtpTransport
from vestibule.ground.name_records import BadResolver, NameRecords
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.witnesses import BadWitness, read_witnesses
from vestibule.rules.texts import has_hidden

PREFIX: Final = "VESTIBULE_"
_NOT_SETTINGS: Final = frozenset({"CONFIG", "TEST_ALL"})
_DATA: Final = Path("var/data")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})
_MAILBOX: Final = re.compile(r"[^@\s<>\x00-\x20,;:]{1,64}@[A-Za-z0-9.-]{1,255}")


class BadSetting(Exception):
    """A setting cannot be used; the text says which, why, and what would do."""


def _setting(about: str, default: Any = MISSING) -> Any:
    if default is MISSING:
        return field(metadata={"about": about})
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default. The ``about`` of each field is what ``docs/settings.md`` says."""

    data: Path = field(default=_DATA, metadata={"about": "Folder of the database, keys and certificates."})
    database_url: str = _setting(
        "`postgresql://user@host/name`, or `sqlite:///path`. Empty: a SQLite file in the data folder.", ""
    )
    public_url: str = _setting(
        "The https origin of every generated link, issuer and `@odata.context`; never taken from a request.",
        "https://localhost:8443",
    )
    smtp_url: str = _setting(
        "`smtp://user:password@host:587`, `smtps://…` or `smtp+starttls://…`. Empty: letters wait"
        " (emulator databases capture them).",
        "",
    )
    mail_from: str = _setting("The mail address that letters come from.", "vestibule@localhost")
    service_name: str = _setting("What this service is called on pages and in letters.", "Vestibule")
    operated_by: str = _setting("Who operates the service; stands at the foot of pages and letters.", "")
    accent: str = _setting(
        "The colour of buttons and links, such as `#0f6cbd`; a second one is for dark pages. Too weak to be read: the"
        " ordinary one stays, and a log line says so.",
        "",
    )
    logo: str = _setting("A picture file (`.svg` or `.png`, 32 KiB at most) in place of ours on pages.", "")
    key_file: str = _setting("The key that wraps all other keys. Empty: `key-encryption-key` in the data folder.", "")
    trusted_proxies: str = _setting("Addresses or networks of proxies whose `X-Forwarded-For` counts, by comma.", "")
    allow_loopback_targets: bool = _setting("Outgoing calls may reach loopback addresses; for tests.", False)
    extra_ca: str = _setting("A file of further certificate authorities for outgoing calls.", "")
    dns_server: str = _setting(
        "The resolver that is asked for the record that proves a domain, such as `192.0.2.1` or `[2001:db8::1]:53`."
        " Empty: those of the machine.",
        "",
    )
    breached_passwords: str = _setting(
        "A file of breached passwords that nobody may choose, as Have I Been Pwned has it: SHA-1, sorted by hash."
        " Empty: only common ones are refused.",
        "",
    )
    countries: str = _setting(
        "A file that says which country a network address is in (MaxMind DB format, for countries); it is read at the"
        " first sign-in. Empty: the place of a sign-in is unknown.",
        "",
    )
    graph_limit: str = _setting(
        "Resource units that one program may use of one organization within ten seconds at the Graph API, in each"
        " process; beyond it 429. Empty: no limit.",
        "",
    )
    audit_witnesses: str = _setting(
        "Who is asked to cosign the audit log: of each witness its verifier key, a space (or `@`) and its address;"
        " one a line, or by comma. Empty: nobody.",
        "",
    )
    metrics: bool = _setting("Serve `/metrics` on the public port.", False)
    log_level: str = _setting("From where on log lines are written: `debug`, `info`, `warning` or `error`.", "info")

    @property
    def key_path(self) -> Path:
        """Where the key-encryption key lies."""
        return Path(self.key_file) if self.key_file else self.data / "key-encryption-key"

    @property
    def most_units(self) -> int:
        """``graph_limit`` as a number; 0 for no limit."""
        return int(self.graph_limit or 0)

    @property
    def origin(self) -> str:
        """The public origin without a slash at its end."""
        return self.public_url.rstrip("/")


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        environment: the process's environment variables.

    Raises:
        BadSetting: an unknown name, or a value that cannot be used.
    """
    given: dict[str, Any] = {}
    path = environment.get(PREFIX + "CONFIG")
    if path:
        given |= _from_file(Path(path))
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and variable[len(PREFIX) :] not in _NOT_SETTINGS:
            given[_known(variable[len(PREFIX) :].lower(), shown=variable)] = value
    settings = Settings(**{name: _value(name, value) for name, value in given.items()})
    _check(settings)
    return settings


def table() -> list[tuple[str, str, str]]:
    """(variable, default, what it is) of every setting, for the documentation."""
    return [
        (PREFIX + one.name.upper(), "false" if one.default is False else str(one.default), one.metadata["about"])
        for one in fields(Settings)
    ]


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as failure:
        raise BadSetting(f"{PREFIX}CONFIG names {path}, which cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise BadSetting(f"{path} is not UTF-8") from failure
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise BadSetting(f"{path} is not TOML: {failure}") from failure
    return {_known(name.lower(), shown=f"{name} in {path}"): value for name, value in found.items()}


def _known(name: str, *, shown: str) -> str:
    names = [one.name for one in fields(Settings)]
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    raise BadSetting(f"there is no setting {shown}; the nearest is {PREFIX}{near[0].upper()}")


def _value(name: str, value: Any) -> Any:
    kind = next(one.type for one in fields(Settings) if one.name == name)
    variable = PREFIX + name.upper()
    if kind is bool or kind == "bool":
        return _flag(variable, value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ",".join(value)
    if not isinstance(value, str):
        raise BadSetting(f"{variable} is {value!r}; say a text")
    text = value.strip()
    if kind is Path or kind == "Path":
        if not text:
            raise BadSetting(f"{variable} is empty; name a folder")
        return Path(text).expanduser()
    return text


def _flag(variable: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise BadSetting(f"{variable} is {value!r}; say true or false")
    return word in _TRUE


def _check(settings: Settings) -> None:
    if not _is_origin(settings.public_url):
        raise BadSetting(
            f"{PREFIX}PUBLIC_URL is {settings.public_url!r}; it has to be an https origin such as https://id.example.org"
        )
    if settings.database_url and not settings.database_url.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise BadSetting(f"{PREFIX}DATABASE_URL has to begin with postgresql:// or sqlite:///")
    if settings.smtp_url:
        try:
            SmtpTransport(settings.smtp_url)
        except BadMailUrl as bad:
            raise BadSetting(f"{PREFIX}SMTP_URL: {bad}") from bad
    _check_resolver(settings.dns_server)
    _check_breached(settings.breached_passwords)
    _check_countries(settings.countries)
    _check_limit(settings.graph_limit)
    _check_witnesses(settings)
    _check_brand(settings)
    if _MAILBOX.fullmatch(settings.mail_from) is None:
        raise BadSetting(f"{PREFIX}MAIL_FROM is {settings.mail_from!r}; say a mail address such as id@example.org")
    for name in ("service_name", "operated_by"):
        if has_hidden(getattr(settings, name)):
            raise BadSetting(f"{PREFIX}{name.upper()} has to be one line of plain text")
    if not settings.service_name:
        raise BadSetting(f"{PREFIX}SERVICE_NAME is empty; say what the service is called")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise BadSetting(f"{PREFIX}LOG_LEVEL is {settings.log_level!r}; say debug, info, warning or error")


def _check_resolver(server: str) -> None:
    try:
        NameRecords(server)
    except BadResolver as bad:
        raise BadSetting(f"{PREFIX}DNS_SERVER: {bad}") from bad


def _check_witnesses(settings: Settings) -> None:
    try:
        read_witnesses(settings.audit_witnesses, Outgoing(allow_loopback=settings.allow_loopback_targets).check)
    except BadWitness as bad:
        raise BadSetting(f"{PREFIX}AUDIT_WITNESSES: {bad}") from bad


def _check_brand(settings: Settings) -> None:
    try:
        accent.read(settings.accent)
    except accent.BadColour as bad:
        raise BadSetting(f"{PREFIX}ACCENT is {settings.accent!r}; {bad}") from bad
    try:
        logo.read(settings.logo)
    except logo.BadPicture as bad:
        raise BadSetting(f"{PREFIX}LOGO: {bad}") from bad


def _check_limit(units: str) -> None:
    if units and not (units.isascii() and units.isdigit()):
        raise BadSetting(f"{PREFIX}GRAPH_LIMIT is {units!r}; say a number, or nothing for no limit")


def _check_countries(file: str) -> None:
    try:
        Countries(Path(file) if file else None).check()
    except BadCountryFile as bad:
        raise BadSetting(f"{PREFIX}COUNTRIES: {bad}") from bad


def _check_breached(file: str) -> None:
    try:
        KnownPasswords(Path(file) if file else None)
    except BadPasswordFile as bad:
        raise BadSetting(f"{PREFIX}BREACHED_PASSWORDS: {bad}") from bad


def _is_origin(text: str) -> bool:
    try:
        url = urlsplit(text)
        port_is_one = url.port is None or url.port > 0
    except ValueError:
        return False
    plain = url.path in {"", "/"} and not (url.query or url.fragment or "@" in url.netloc)
    return url.scheme == "https" and bool(url.hostname) and port_is_one and plain and not has_hidden(text)
