"""What other identity providers publish about themselves: metadata and keys (OpenID Connect Discovery 1.0).

Both are fetched through the house's one gate for requests that go out, kept for a while, and fetched again early when
a token names a key that is not known: providers change their keys without telling anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from vestibule.actions.house import House
from vestibule.ground import signing
from vestibule.ground.outgoing import Answer, OutgoingFailure, TargetRefused
from vestibule.ground.public_keys import BadKey, read_jwk
from vestibule.ground.signing import ES256, PS256, RS256, BadToken, Fault, PublicKey
from vestibule.ground.strict_json import BadJson, decode
from vestibule.rules import providers as rules
from vestibule.rules.refusals import Reason, Refused

log = structlog.get_logger(__name__)

KEPT_FOR: Final = timedelta(minutes=10)
NOT_AGAIN_BEFORE: Final = timedelta(seconds=30)
"""Who sends tokens under made-up key ids does not make us ask a provider more often than this."""

LEEWAY: Final = timedelta(seconds=60)
ALGORITHMS: Final = frozenset({RS256, ES256, PS256})
MOST_KEYS: Final = 100
MOST_ISSUERS: Final = 1_000
_OK: Final = 200
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says about itself.

    Attributes:
        basic: we prove who we are by HTTP Basic; else in the form.
        names_issuer: its answers always say who gives them (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    basic: bool
    names_issuer: bool


@dataclass(slots=True)
class _Known:
    """What is known of one issuer, and since when, by the machine's clock."""

    metadata: Metadata
    read_at: datetime
    keys: dict[str, PublicKey] = field(default_factory=dict)
    keys_at: datetime | None = None


@dataclass(slots=True)
class Abroad:
    """What this process knows of other providers."""

    house: House
    _known: dict[str, _Known] = field(default_factory=dict)

    async def metadata(self, issuer: str) -> Metadata:
        """What an issuer says about itself. Raises Refused as ``discover``."""
        return (await self._of(issuer)).metadata

    async def verify(self, token: str, issuer: str, *, typ: frozenset[str | None]) -> dict[str, Any]:
        """The claims of a token that this issuer signed and whose time has neither ended nor not begun.

        Raises:
            Refused: PROVIDER_REFUSED with ``why``; PROVIDER_AWAY when its keys cannot be had.
        """
        known = await self._of(issuer)
        now = self.house.clock.now()
        if known.keys_at is None or not known.keys_at <= now < known.keys_at + KEPT_FOR:
            await self._read_keys(known)
        try:
            claims = await self._verified(token, known, typ)
            signing.check_times(claims, now, LEEWAY)
        except BadToken as bad:
            raise Refused(Reason.PROVIDER_REFUSED, why=bad.fault.value) from bad
        return claims

    async def _verified(self, token: str, known: _Known, typ: frozenset[str | None]) -> dict[str, Any]:
        try:
            return signing.verify(token, known.keys, algorithms=ALGORITHMS, typ=typ)
        except BadToken as bad:
            at = known.keys_at
            if bad.fault is not Fault.KEY or (at is not None and self.house.clock.now() < at + NOT_AGAIN_BEFORE):
                raise
        await self._read_keys(known)
        return signing.verify(token, known.keys, algorithms=ALGORITHMS, typ=typ)

    async def _of(self, issuer: str) -> _Known:
        known, now = self._known.get(issuer), self.house.clock.now()
        if known is not None and known.read_at <= now < known.read_at + KEPT_FOR:
            return known
        found = await discover(self.house, rules.metadata_url(issuer))
        if found.issuer != issuer:
            raise Refused(Reason.PROVIDER_REFUSED, why="issuer")
        if len(self._known) >= MOST_ISSUERS:
            self._known.clear()
        self._known[issuer] = _Known(found, now)
        return self._known[issuer]

    async def _read_keys(self, known: _Known) -> None:
        document = await _fetch(self.house, known.metadata.jwks_uri)
        listed = document.get("keys")
        if not isinstance(listed, list):
            raise Refused(Reason.PROVIDER_REFUSED, why="keys")
        known.keys = _readable(listed[:MOST_KEYS])
        known.keys_at = self.house.clock.now()


async def discover(house: House, url: str) -> Metadata:
    """Fetch and check the metadata at an address.

    Raises:
        Refused: PROVIDER_AWAY; PROVIDER_REFUSED with ``why``: ``issuer`` when it names one whose metadata is elsewhere
            (Discovery section 4.3), ``endpoints``, ``target``, ``document``.
    """
    document = await _fetch(house, url)
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or rules.metadata_url(issuer) != url:
        raise Refused(Reason.PROVIDER_REFUSED, property="metadataUrl", why="issuer")
    rules.read_issuer(issuer, what="metadataUrl", allow_loopback=house.outgoing.allows_loopback)
    authorization, token, keys = (_endpoint(house, document.get(name)) for name in _ENDPOINTS)
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        issuer=issuer,
        authorization_endpoint=authorization,
        token_endpoint=token,
        jwks_uri=keys,
        basic=isinstance(methods, list) and "client_secret_post" not in methods,
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


async def ask(house: House, method: str, url: str, **more: Any) -> Answer:
    """Send a request to a provider.

    Raises:
        Refused: PROVIDER_AWAY; PROVIDER_REFUSED, ``why`` ``target``, when its address may not be reached.
    """
    try:
        return await house.outgoing.request(method, url, **more)
    except TargetRefused as refused:
        raise Refused(Reason.PROVIDER_REFUSED, property="metadataUrl", why="target") from refused
    except OutgoingFailure as away:
        log.warning("provider_away", reason=str(away))
        raise Refused(Reason.PROVIDER_AWAY, property="metadataUrl") from away


def json_of(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer. Raises Refused (PROVIDER_REFUSED, ``document``)."""
    try:
        found = decode(answer.body)
    except BadJson as bad:
        raise Refused(Reason.PROVIDER_REFUSED, property="metadataUrl", why="document") from bad
    if not isinstance(found, dict):
        raise Refused(Reason.PROVIDER_REFUSED, property="metadataUrl", why="document")
    return found


async def _fetch(house: House, url: str) -> dict[str, Any]:
    answer = await ask(house, "GET", url, headers={"Accept": "application/json"})
    if answer.status != _OK:
        raise Refused(Reason.PROVIDER_AWAY, property="metadataUrl")
    return json_of(answer)


def _endpoint(house: House, url: Any) -> str:
    """An address that may be asked for at all; where it leads is looked at when it is asked for."""
    try:
        if isinstance(url, str):
            house.outgoing.check(url)
            return url
    except TargetRefused:
        pass
    raise Refused(Reason.PROVIDER_REFUSED, property="metadataUrl", why="endpoints")


def _readable(listed: list[Any]) -> dict[str, PublicKey]:
    """The keys that can be used here, by id; others (for encryption, of other kinds) are passed over."""
    found: dict[str, PublicKey] = {}
    for one in listed:
        if not isinstance(one, Mapping):
            continue
        try:
            key = read_jwk(one)
        except BadKey:
            continue
        found[key.kid] = _narrowed(key, one.get("alg"))
    return found


def _narrowed(key: PublicKey, algorithm: Any) -> PublicKey:
    """A key that names one algorithm serves no other (RFC 8725 section 3.1)."""
    if isinstance(algorithm, str) and algorithm in key.algorithms:
        return PublicKey(key.kid, frozenset({algorithm}), key.key)
    return key
