"""What a token may be given for: PKCE, redirect addresses, scopes and the spellings of the Graph resource.

Pure questions of the OAuth and OpenID Connect standards; what is stored and signed is decided elsewhere.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

GRAPH_APP_ID: Final = "00000003-0000-0000-c000-000000000000"
GRAPH_HOST: Final = "https://graph.microsoft.com"
OPENID_SCOPES: Final = ("openid", "profile", "email", "offline_access")
LONGEST_SCOPE: Final = 4096
LONGEST_ORIGIN: Final = 512

_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PORT: Final = re.compile(r"[0-9]{0,5}", re.ASCII)
_ORIGIN: Final = re.compile(r"https?://(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?", re.ASCII)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


# --- PKCE (RFC 7636) ----------------------------------------------------------------------------------------------


def is_challenge(text: str) -> bool:
    """Whether this is an S256 code challenge: 43 characters of base64url (section 4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def proves(verifier: str, challenge: str) -> bool:
    """Whether the verifier is the one whose S256 challenge this is (section 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return hmac.compare_digest(made, challenge)


# --- Redirect addresses (RFC 9700 section 2.1, RFC 8252 section 7.3) ----------------------------------------------


def redirect_matches(registered: Collection[str], given: str) -> bool:
    """Whether a redirect address is one of the registered: equal letter by letter; only a loopback port is free."""
    return given in registered or any(_same_but_port(one, given) for one in registered)


def _same_but_port(registered: str, given: str) -> bool:
    if any(sign in given for sign in "\\@\t\r\n "):
        return False
    try:
        one, other = urlsplit(registered), urlsplit(given)
    except ValueError:  # a bracket that opens no IPv6 address
        return False
    if one.scheme != "http" or (one.hostname or "") not in _LOOPBACK:
        return False
    if not _PORT.fullmatch(other.netloc.rpartition("]")[2].partition(":")[2]):
        return False
    bare = (other.scheme, other.hostname, other.path, other.query, other.fragment, other.username)
    return bare == (one.scheme, one.hostname, one.path, one.query, one.fragment, None)


# --- Origins of apps in a browser (Fetch standard, CORS protocol) --------------------------------------------------


def origin_of(address: str) -> str:
    """The origin of a redirect address of an app in a browser, in lower case.

    Plain http is loopback only, where the port is free: there the origin stands without it.
    """
    parts = urlsplit(address.lower())
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.scheme == "https" and parts.port not in {None, 443} else ""
    return f"{parts.scheme}://{named}{port}"


def read_origin(header: str) -> str | None:
    """The origin in an ``Origin`` header, as ``origin_of`` writes it; None when it is none (``null``, for one)."""
    if len(header) > LONGEST_ORIGIN or not _ORIGIN.fullmatch(header):
        return None
    try:
        return origin_of(header)
    except ValueError:  # a port beyond 65535
        return None


# --- Scopes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The scopes of a request.

    Attributes:
        openid: those of OpenID Connect, in lower case, as they were asked for.
        permissions: names of permissions in lower case, each with the spelling it was asked in.
        default: the spelling of ``.default`` when everything consented is asked for; None otherwise.
        audience: the resource as the client spelt it, without ``/.default`` or the permission; the Graph host when
            the names were bare.
        resource: the same when it is not the Graph API: what an app of the organization may be called as an API.
        several: more than one resource was named; a token is for one (RFC 8707 leaves it to the server).
    """

    openid: tuple[str, ...]
    permissions: tuple[tuple[str, str], ...]
    default: str | None
    audience: str
    resource: str | None = None
    several: bool = False

    @property
    def for_openid_alone(self) -> bool:
        """No resource was named: the token opens the userinfo endpoint."""
        return not self.permissions and self.default is None


def read_scopes(text: str, *, origin: str) -> Asked | None:
    """Read a ``scope`` parameter. Returns None when it is no list of scopes (RFC 6749 section 3.3).

    Args:
        text: the parameter, names separated by spaces.
        origin: the public origin; with and without its port it is a spelling of the Graph resource.
    """
    if len(text) > LONGEST_SCOPE or not text.isprintable() or any(sign in text for sign in '"\\'):
        return None
    openid: list[str] = []
    permissions: dict[str, str] = {}
    default: str | None = None
    resources: dict[str, str] = {}
    for word in text.split():
        resource, name = _split(word)
        if not name or (not resource and name.lower() == ".default"):
            return None
        if not resource and name.lower() in OPENID_SCOPES:
            openid.append(name.lower())
            continue
        resources.setdefault(_one_name(resource, origin), resource)
        if name.lower() == ".default":
            default = word
        else:
            permissions.setdefault(name.lower(), word)
    foreign = [resource for known, resource in resources.items() if known]
    audience = next((resource for resource in resources.values() if resource), GRAPH_HOST)
    return Asked(
        openid=tuple(dict.fromkeys(openid)),
        permissions=tuple(permissions.items()),
        default=default,
        audience=audience,
        resource=foreign[0] if foreign else None,
        several=len(resources) > 1,
    )


def _one_name(resource: str, origin: str) -> str:
    """The same for every spelling of one resource; empty for the Graph API."""
    return "" if not resource or is_graph(resource, origin=origin) else resource.rstrip("/").lower()


def is_graph(resource: str, *, origin: str) -> bool:
    """Whether this names the Graph API: our origin with or without port, Graph's own host, or its app id."""
    plain = resource.rstrip("/").lower()
    return plain in graph_names(origin)


@lru_cache(maxsize=8)
def graph_names(origin: str) -> frozenset[str]:
    """Every spelling of the Graph resource, in lower case without a slash at the end."""
    parts = urlsplit(origin.lower())
    without_port = f"{parts.scheme}://{parts.hostname}"
    plain_http = f"http://{parts.hostname}"
    return frozenset({origin.lower().rstrip("/"), without_port, plain_http, GRAPH_HOST, GRAPH_APP_ID})


def _split(word: str) -> tuple[str, str]:
    """A scope as (resource, name): ``https://host/User.Read``, ``https://host//.default``, ``User.Read``."""
    if word.lower().endswith("/.default"):
        return word[: -len("/.default")], ".default"
    resource, slash, name = word.rpartition("/")
    return (resource, name) if slash else ("", word)


def granted_delegated(asked: Asked, consented: Iterable[str]) -> tuple[str, ...]:
    """The delegated permissions a token gets: what was asked for and consented to; with ``.default`` all consented."""
    have = {name.lower(): name for name in consented if name.lower() not in OPENID_SCOPES}
    if asked.default is not None:
        return tuple(have.values())
    return tuple(have[name] for name, _spelling in asked.permissions if name in have)


def unconsented(asked: Asked, consented: Iterable[str]) -> tuple[str, ...]:
    """What was asked for and nobody consented to yet, in the spelling asked for."""
    have = {name.lower() for name in consented}
    missing = [spelling for name, spelling in asked.permissions if name not in have]
    return tuple(missing + [name for name in asked.openid if name not in have])


def echoed(asked: Asked, granted: Iterable[str], *, offline: bool) -> str:
    """The ``scope`` of the answer, in the spelling of the question: a client files its token under it."""
    spelt = dict(asked.permissions)
    prefix = "" if asked.default is None else asked.default[: -len(".default")]
    names = [spelt.get(name.lower(), prefix + name) for name in granted]
    openid = [name for name in asked.openid if name != "offline_access" or offline]
    return " ".join([*names, *openid])
