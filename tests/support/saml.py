"""An identity provider that speaks SAML, on a port of this machine, as honest or as hostile as a test wants it."""

import base64
import html
import importlib
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.support.serving import served
from vestibule.ground.clock import Clock, iso
from vestibule.rules.saml import PERSISTENT

xmlsec: Any = importlib.import_module("xmlsec")  # its own types are not usable
Edit = Callable[[str], str]
_SAML = f'xmlns:saml="{Names.NS_SAML}" xmlns:samlp="{Names.NS_SAMLP}"'


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, in PEM."""

    key: str
    certificate: str

    @property
    def plain(self) -> str:
        """The certificate as metadata have it: DER in base64."""
        return "".join(self.certificate.splitlines()[1:-1])


_KEYS: list[rsa.RSAPrivateKey] = []
_MOST_KEYS: Final = 8


def _rsa_key() -> rsa.RSAPrivateKey:
    """One of eight keys, in turn: making one takes longer than most tests, and none needs more that differ."""
    _KEYS.append(rsa.generate_private_key(65537, 2048) if len(_KEYS) < _MOST_KEYS else _KEYS.pop(0))
    return _KEYS[-1]


def pair(now: datetime, life: timedelta = timedelta(days=365), *, elliptic: bool = False) -> Pair:
    """Another key than the one before, with a certificate of its own: RSA, or ``elliptic``: P-256."""
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else _rsa_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return Pair(private.decode(), made.public_bytes(serialization.Encoding.PEM).decode())


def same(text: str) -> str:
    """What an edit that changes nothing does."""
    return text


@dataclass
class Asked:
    """A request, read. ``acs``: where the answer goes. ``service``: who asks. ``state``: the RelayState."""

    request_id: str
    acs: str
    service: str
    names: str
    state: str


def read_request(address: str) -> Asked:
    """What a browser was sent with (Bindings section 3.4.4.1)."""
    given = dict(parse_qsl(urlsplit(address).query))
    document = Xml.to_etree(zlib.decompress(base64.b64decode(given["SAMLRequest"]), -zlib.MAX_WBITS))
    assert Xml.validate_xml(document, "saml-schema-protocol-2.0.xsd") is document
    return Asked(
        document.get("ID"),
        document.get("AssertionConsumerServiceURL"),
        Xml.query(document, "./saml:Issuer")[0].text,
        Xml.query(document, "./samlp:NameIDPolicy")[0].get("Format"),
        given["RelayState"],
    )


@dataclass
class SamlProvider:
    """A provider that signs in whom the test names.

    Attributes:
        clock: whose time it writes. origin: where it is. keys: the first one signs; all are published.
        said: what it says otherwise than it should (see ``facts``). edit_assertion: of the assertion before it is
            signed. edit_response: of the whole, signed. sign_assertion, sign_response: what it signs.
        signature, digest: the algorithms. named: others, by name (see ``signed_with``).
        metadata: an edit of its metadata. fetched: how often they were read.
        name, email: whom its own page signs in.
    """

    clock: Clock
    origin: str
    keys: list[Pair]
    said: dict[str, Any] = field(default_factory=dict)
    edit_assertion: Edit = same
    edit_response: Edit = same
    sign_assertion: bool = True
    sign_response: bool = False
    signature: str = Names.RSA_SHA256
    digest: str = Names.SHA256
    named: tuple[str, ...] = ()
    metadata: Edit = same
    fetched: int = 0
    name: str = "pat-1"
    email: str = "pat@partner.example"
    answered: int = 0

    @property
    def entity_id(self) -> str:
        """Who it is."""
        return f"{self.origin}/idp"

    @property
    def sign_in_url(self) -> str:
        """Where it takes requests."""
        return f"{self.origin}/sso"

    @property
    def metadata_url(self) -> str:
        """Where it describes itself."""
        return f"{self.origin}/metadata"

    def sign_in(self, address: str, name: str = "pat-1", **said: Any) -> dict[str, str]:
        """Somebody signs in there; the form that their browser posts.

        Args:
            address: where they were sent. name: their NameID. said: what else is said, see ``facts``.
        """
        asked = read_request(address)
        document = self.response(self.facts(asked, name, **said))
        return {"SAMLResponse": base64.b64encode(document.encode()).decode(), "RelayState": asked.state}

    def facts(self, asked: Asked, name: str, **said: Any) -> dict[str, Any]:
        """Everything that goes into an answer."""
        self.answered += 1
        now = self.clock.now().replace(microsecond=0)
        return {
            "name": name,
            "format": PERSISTENT,
            "issuer": self.entity_id,
            "response_issuer": self.entity_id,
            "audience": asked.service,
            "acs": asked.acs,
            "destination": asked.acs,
            "request": asked.request_id,
            "response_to": asked.request_id,
            "now": iso(now),
            "begin": iso(now - timedelta(minutes=1)),
            "end": iso(now + timedelta(minutes=5)),
            "session_end": iso(now + timedelta(hours=8)),
            "id": f"_assertion-{self.answered}",
            "status": Names.STATUS_SUCCESS,
            "email": None,
            **self.said,
            **said,
        }

    def response(self, facts: dict[str, Any]) -> str:
        """A response with these facts, edited and signed."""
        assertion = self.edit_assertion(assertion_of(facts))
        if self.sign_assertion:
            assertion = self.sign(assertion)
        whole = response_of(facts, assertion)
        return self.edit_response(self.sign(whole) if self.sign_response else whole)

    def sign(self, document: str, with_key: Pair | None = None) -> str:
        """Sign the element whose issuer comes first, with the first key."""
        used = with_key or self.keys[0]
        if self.named:
            return signed_with(document, used, *self.named)
        signed = OneLogin_Saml2_Utils.add_sign(
            document, used.key, used.certificate, sign_algorithm=self.signature, digest_algorithm=self.digest
        )
        return signed.decode() if isinstance(signed, bytes) else str(signed)

    def app(self) -> Starlette:
        """The provider as an application: metadata, and a page with a button that leads back."""
        return Starlette(routes=[Route("/metadata", self._metadata), Route("/sso", self._page)])

    async def _metadata(self, _request: Request) -> Response:
        self.fetched += 1
        return Response(self.metadata(self.described()), media_type="application/samlmetadata+xml")

    def described(self) -> str:
        """Its metadata (SAML 2.0 Metadata section 2.4.3)."""
        keys = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{one.plain}'
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for one in self.keys
        )
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="{Names.NS_DS}" '
            f'entityID="{self.entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="{Names.NS_SAMLP}">{keys}'
            f'<md:SingleSignOnService Binding="{Names.BINDING_HTTP_POST}" Location="{self.origin}/post"/>'
            f'<md:SingleSignOnService Binding="{Names.BINDING_HTTP_REDIRECT}" Location="{self.sign_in_url}"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )

    async def _page(self, request: Request) -> Response:
        asked = read_request(str(request.url))
        form = self.sign_in(str(request.url), self.name, email=self.email)
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in form.items()
        )
        return HTMLResponse(
            f'<!doctype html><html lang="en"><title>Partner</title><h1>Partner</h1>'
            f'<form method="post" action="{html.escape(asked.acs)}">{fields}<button>Sign in as Pat</button></form>'
        )


def assertion_of(facts: dict[str, Any]) -> str:
    """An assertion, not yet signed."""
    email = facts["email"]
    listed = [email] if isinstance(email, str) else email or []
    values = "".join(f"<saml:AttributeValue>{one}</saml:AttributeValue>" for one in listed)
    attributes = (
        f'<saml:AttributeStatement><saml:Attribute Name="mail">{values}</saml:Attribute></saml:AttributeStatement>'
    )
    return (
        f'<saml:Assertion {_SAML} ID="{facts["id"]}" Version="2.0" IssueInstant="{facts["now"]}">'
        f"<saml:Issuer>{facts['issuer']}</saml:Issuer>"
        f'<saml:Subject><saml:NameID Format="{facts["format"]}">{facts["name"]}</saml:NameID>'
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData Recipient="{facts["acs"]}" InResponseTo="{facts["request"]}" '
        f'NotOnOrAfter="{facts["end"]}"/></saml:SubjectConfirmation></saml:Subject>'
        f'<saml:Conditions NotBefore="{facts["begin"]}" NotOnOrAfter="{facts["end"]}"><saml:AudienceRestriction>'
        f"<saml:Audience>{facts['audience']}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{facts["now"]}" SessionNotOnOrAfter="{facts["session_end"]}">'
        "<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
        "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        f"{attributes if listed else ''}</saml:Assertion>"
    )


def response_of(facts: dict[str, Any], *inside: str) -> str:
    """A response around assertions."""
    destination = "" if facts["destination"] is None else f'Destination="{facts["destination"]}" '
    return (
        f'<samlp:Response {_SAML} ID="_response-{facts["id"]}" Version="2.0" IssueInstant="{facts["now"]}" '
        f'{destination}InResponseTo="{facts["response_to"]}"><saml:Issuer>{facts["response_issuer"]}</saml:Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="{facts["status"]}"/></samlp:Status>{"".join(inside)}</samlp:Response>'
    )


def signed_with(document: str, key: Pair, signature: str, digest: str = "SHA256", form: str = "EXCL_C14N") -> str:
    """Sign with algorithms that the library's own helper does not offer, by their names in ``xmlsec.Transform``."""
    known, element = xmlsec.Transform, Xml.to_etree(document)
    node = xmlsec.template.create(element, getattr(known, form), getattr(known, signature), ns="ds")
    Xml.query(element, "./saml:Issuer")[0].addnext(node)
    xmlsec.tree.add_ids(element, ["ID"])
    reference = xmlsec.template.add_reference(node, getattr(known, digest), uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, known.ENVELOPED)
    xmlsec.template.add_transform(reference, getattr(known, form))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.key, xmlsec.KeyFormat.PEM)
    context.sign(node)
    signed = Xml.to_string(element)
    return signed.decode() if isinstance(signed, bytes) else str(signed)


@asynccontextmanager
async def served_saml_provider(clock: Clock) -> AsyncIterator[SamlProvider]:
    """A provider on a free port, over plain http, which only tests are let to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        made = SamlProvider(clock, f"http://127.0.0.1:{port}", [pair(clock.now())])
        async with served(made.app(), listener):
            yield made
