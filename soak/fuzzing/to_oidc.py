"""Requests to the OpenID Connect door: every endpoint with parameters that are nearly right."""

import base64
import random
from collections.abc import Iterator
from urllib.parse import quote

from soak.fuzzing import words
from soak.fuzzing.asking import Asked
from soak.fuzzing.known import Known

FORM = "application/x-www-form-urlencoded"
ENDPOINTS = (
    ("GET", "/{tenant}/oauth2/v2.0/authorize"), ("POST", "/{tenant}/oauth2/v2.0/authorize"), ("GET",
    "/{tenant}/oauth2/authorize"),
    ("POST", "/{tenant}/oauth2/v2.0/token"), ("POST", "/{tenant}/oauth2/v2.0/token"), ("POST",
    "/{tenant}/oauth2/v2.0/token"),
    ("POST", "/{tenant}/oauth2/token"), ("POST", "/{tenant}/oauth2/v2.0/devicecode"),
    ("POST", "/{tenant}/oauth2/v2.0/introspect"), ("POST", "/{tenant}/oauth2/v2.0/revoke"),
    ("GET", "/{tenant}/oauth2/v2.0/logout"), ("POST", "/{tenant}/oauth2/v2.0/logout"),
    ("GET", "/{tenant}/v2.0/.well-known/openid-configuration"), ("GET", "/{tenant}/.well-known/openid-configuration"),
    ("GET", "/{tenant}/discovery/v2.0/keys"), ("GET", "/{tenant}/discovery/keys"), ("GET", "/oidc/userinfo"),
    ("POST", "/oidc/userinfo"), ("GET", "/common/discovery/instance"), ("GET", "/common/userrealm/{user}"),
    ("OPTIONS", "/{tenant}/oauth2/v2.0/token"), ("GET", "/{tenant}/nothing"), ("GET", "/{tenant}"),
)  # fmt: skip
CALLERS = ("nobody", "nobody", "nobody", "sam", "adele", "program", "admin", "stranger")
GRANTS = ("client_credentials", "client_credentials", "authorization_code", "refresh_token", "password",
          "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "implicit",
          "")  # fmt: skip
SCOPES = ("openid", "openid profile email offline_access", "https://graph.microsoft.com/.default", ".default",
          "User.Read",
          "api://x/.default", "https://graph.microsoft.com/.default openid", "a" * 5_000, "openid " * 500,
          "https://[/.default",
          "https://vestibule.example/User.Read", "00000003-0000-0000-c000-000000000000/.default")  # fmt: skip
NAMES = (
    "client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
    "code_challenge",
    "code_challenge_method", "prompt", "max_age", "login_hint", "domain_hint", "ui_locales", "claims", "id_token_hint",
    "acr_values",
    "grant_type", "code", "code_verifier", "refresh_token", "username", "password", "device_code", "assertion",
    "requested_token_use", "client_assertion", "client_assertion_type", "token", "token_type_hint", "resource",
    "request",
    "request_uri", "post_logout_redirect_uri", "logout_hint", "authorization_endpoint", "api-version", "",
)  # fmt: skip
_OFTEN = {
    "authorize": ("client_id", "redirect_uri", "response_type", "scope", "code_challenge", "code_challenge_method"),
    "token": ("client_id", "client_secret", "grant_type", "scope"),
    "devicecode": ("client_id", "scope"),
    "introspect": ("client_id", "client_secret", "token"),
    "revoke": ("client_id", "client_secret", "token"),
    "logout": ("id_token_hint", "post_logout_redirect_uri", "client_id"),
    "instance": ("authorization_endpoint", "api-version"),
}
_TOKENS = ("a.b.c", "eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30", "W10.W10.W10",
           "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.e30.AAAA",
           "eyJhbGciOiJFUzI1NiIsImtpZCI6Ilx1MDAwMCJ9.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "..", "a" * 20_000,
           "\xff.\xff.\xff",
           "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOjF9.AA", "eyJhbGciOlsiRVMyNTYiXX0.e30.AA",
           "bnVsbA.bnVsbA.bnVsbA")  # fmt: skip
_CLAIMS = ("{}", "[]", "null", '{"id_token":{"email":{"essential":true}}}', '{"id_token":1}',
           '{"access_token":{"xms_cc":{"values":["cp1"]}}}',
           "{", "[" * 5_000, '{"a":NaN}', '{"id_token":{"acr":{"values":[1e999]}}}', '"\\ud800"',
           '{"id_token":{},"ID_TOKEN":{}}')  # fmt: skip
_URIS = ("https://travel.example/cb", "http://localhost:5000/cb", "http://localhost", "http://localhost:99999/cb",
         "http://localhost:x/cb",
         "http://127.0.0.1:1/cb", "http://[::1]:1/cb", "http://[", "https://travel.example/cb?a=b",
         "https://travel.example/cb#f",
         "https://travel.example@evil.example/cb", "javascript:alert(1)", "https://travel.example/cb\x00",
         "urn:ietf:wg:oauth:2.0:oob")  # fmt: skip


def requests(chance: random.Random, known: Known) -> Iterator[Asked]:
    """One after the other, without end."""
    while True:
        yield _request(chance, known)


def _request(chance: random.Random, known: Known) -> Asked:
    method, pattern = chance.choice(ENDPOINTS)
    tenant = chance.choice([*known.tenants, *known.domains, "common", "organizations", "consumers"])
    tenant = words.in_path(chance, tenant if chance.random() < 0.95 else words.text(chance))
    user = words.in_path(chance, chance.choice(known.names) if chance.random() < 0.6 else words.text(chance))
    target = pattern.replace("{tenant}", tenant).replace("{user}", user)
    fields = _fields(chance, known, target.rpartition("/")[2])
    encoded = "&".join(f"{name}={words.in_query(chance, value)}" for name, value in fields)
    method = method if chance.random() < 0.96 else chance.choice(words.METHODS)
    headers = [*words.headers(chance), *_basic(chance, known)]
    who = chance.choice(CALLERS) if "userinfo" in target or chance.random() < 0.1 else "nobody"
    if chance.random() < 0.4:
        headers.append(("Accept", b"text/html"))
    if method == "POST":
        body = encoded.encode() if chance.random() < 0.95 else words.spoiled(chance, encoded.encode())
        return Asked("oidc", method, target, who, tuple(headers), body, FORM)
    return Asked("oidc", method, f"{target}?{encoded}" if encoded else target, who, tuple(headers))


def _fields(chance: random.Random, known: Known, last: str) -> list[tuple[str, str]]:
    names = [name for name in _OFTEN.get(last.lower(), ()) if chance.random() < 0.85]
    names += [chance.choice(NAMES) for _ in range(chance.choice((0, 1, 1, 2, 4, 12)))]
    client_id, secret = chance.choice([*known.clients, *((public, "") for public in known.public)])
    found = []
    for name in names:
        value = {"client_id": client_id, "client_secret": secret}.get(name)
        if value is None or chance.random() < 0.1:
            value = _value(chance, known, name)
        found.append(
            (
                words.in_query(chance, name) if chance.random() < 0.98 else words.in_query(chance, words.text(chance)),
                value,
            )
        )
    return found


def _value(chance: random.Random, known: Known, name: str) -> str:  # noqa: C901, PLR0911 - one case for each parameter
    if chance.random() < 0.12:
        return words.text(chance)
    match name:
        case "grant_type":
            return chance.choice(GRANTS)
        case "scope" | "resource":
            return chance.choice(SCOPES)
        case "claims":
            return chance.choice(_CLAIMS)
        case "redirect_uri" | "post_logout_redirect_uri" | "request_uri":
            return chance.choice(_URIS)
        case "response_type":
            return chance.choice(("code", "code", "code", "id_token", "token", "code id_token", "none", ""))
        case "response_mode":
            return chance.choice(("query", "fragment", "form_post", "web_message"))
        case "prompt":
            return chance.choice(("none", "login", "select_account", "consent", "create", "none login", "x"))
        case "code_challenge" | "code_verifier":
            return chance.choice(("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "a" * 43, "a" * 129, "a"))
        case "code_challenge_method":
            return chance.choice(("S256", "S256", "plain", "s256"))
        case "max_age":
            return chance.choice(("0", "1", "-1", "9" * 30, "9" * 5_000, "1.5", "²", "٣"))
        case "client_assertion_type":
            return "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        case "username" | "login_hint" | "domain_hint" | "logout_hint":
            return chance.choice((*known.names, *known.domains))
        case "requested_token_use":
            return "on_behalf_of"
        case "id_token_hint" | "token" | "assertion" | "client_assertion" | "refresh_token":
            return known.one(chance, "token") if chance.random() < 0.5 else chance.choice(_TOKENS)
        case "code" | "device_code":
            return known.one(chance, "code")
        case "authorization_endpoint":
            return chance.choice(("https://vestibule.example/common/oauth2/v2.0/authorize", "https://[", "x", "//"))
        case _:
            return words.text(chance)


def _basic(chance: random.Random, known: Known) -> list[tuple[str, bytes]]:
    """A client's id and secret as HTTP Basic, now and then."""
    if not known.clients or chance.random() < 0.85:
        return []
    client_id, secret = chance.choice(known.clients)
    halves = chance.choice(
        (f"{client_id}:{quote(secret)}", f"{client_id}", f":{secret}", f"{client_id}:%zz:{secret}", words.text(chance))
    )
    return [("Authorization", b"Basic " + base64.b64encode(halves.encode("utf-8", "surrogatepass")))]
