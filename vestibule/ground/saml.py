"""SAML 2.0 on the wire: what another provider is asked, and how each side describes itself.

Documents are read by the library's own parser, which takes neither document types nor entities, drops comments, and
loads nothing. Answers are read in ``saml_responses``.

Standards: SAML 2.0 Core section 3.4.1, Bindings section 3.4, Metadata section 2.4.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from vestibule.ground.clock import iso

_SIGNING: Final = (
    "//md:IDPSSODescriptor/md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
)

LARGEST: Final = 192 * 1024
"""Octets of a document. One with a few hundred group names has a tenth of it."""


class Fault(StrEnum):
    """What is wrong with a document, for the log."""

    DOCUMENT = "document"
    ENCRYPTED = "encrypted"
    DECLINED = "declined"
    ASSERTIONS = "assertions"
    UNSIGNED = "unsigned"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"


class BadSaml(ValueError):
    """A document that is not believed. ``fault``: why. The text repeats nothing of it."""

    def __init__(self, fault: Fault) -> None:
        """Keep why."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Described:
    """What an identity provider says about itself.

    Attributes:
        entity_id: who it is. sign_in_url: where browsers go (HTTP-Redirect); None when it has no such address.
        certificates: DER, of the keys that it signs with. wants_signed_requests: it takes no others.
    """

    entity_id: str
    sign_in_url: str | None
    certificates: tuple[bytes, ...]
    wants_signed_requests: bool


# --- What we say ------------------------------------------------------------------------------------------------------


def request(*, request_id: str, at: datetime, destination: str, entity_id: str, answer_to: str, names: str) -> str:
    """An AuthnRequest (Core section 3.4.1), deflated and in base64, as the HTTP-Redirect binding has it (3.4.4.1).

    Args:
        request_id: its ID. at: when it is made. destination: where it goes. entity_id: who we are.
        answer_to: where the answer is posted. names: the format of NameID that is asked for.
    """
    asked = Xml.make_root(
        f"{{{Names.NS_SAMLP}}}AuthnRequest",
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": iso(at.replace(microsecond=0)),
            "Destination": destination,
            "ProtocolBinding": Names.BINDING_HTTP_POST,
            "AssertionConsumerServiceURL": answer_to,
        },
    )
    Xml.make_child(asked, f"{{{Names.NS_SAML}}}Issuer").text = entity_id
    Xml.make_child(asked, f"{{{Names.NS_SAMLP}}}NameIDPolicy", {"Format": names, "AllowCreate": "true"})
    packed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packed.compress(Xml.to_string(asked)) + packed.flush()).decode("ascii")


def metadata(*, entity_id: str, answer_to: str, names: str) -> bytes:
    """How we describe ourselves to a provider (Metadata section 2.4.4): requests unsigned, assertions signed."""
    service = {"entityId": entity_id, "assertionConsumerService": {"url": answer_to}, "NameIDFormat": names}
    said = library_settings(service, {}, metadataValidUntil="", metadataCacheDuration="").get_sp_metadata()
    return said if isinstance(said, bytes) else str(said).encode()


# --- What is said to us -----------------------------------------------------------------------------------------------


def read_metadata(octets: bytes) -> Described:
    """Read the metadata of one identity provider.

    Raises:
        BadSaml: not readable, of more than one entity, or of none that signs people in.
    """
    document = _parsed(octets)
    if any(len(Xml.query(document, f"//md:{name}")) != 1 for name in ("EntityDescriptor", "IDPSSODescriptor")):
        raise BadSaml(Fault.DOCUMENT)
    found: dict[str, Any] = OneLogin_Saml2_IdPMetadataParser.parse(document)
    provider = found.get("idp", {})
    # Not the library's choice: where no key is for signatures, it takes one that is for encryption.
    listed = [Xml.element_text(one) or "" for one in Xml.query(document, _SIGNING)]
    if not provider.get("entityId"):
        raise BadSaml(Fault.DOCUMENT)
    return Described(
        entity_id=provider["entityId"],
        sign_in_url=provider.get("singleSignOnService", {}).get("url"),
        certificates=tuple(decoded(one) for one in dict.fromkeys(listed)),
        wants_signed_requests=bool(found.get("security", {}).get("authnRequestsSigned")),
    )


def decoded(text: str) -> bytes:
    """Base64 with line breaks in it. Raises BadSaml (DOCUMENT)."""
    if len(text) > LARGEST * 2:
        raise BadSaml(Fault.DOCUMENT)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error) as bad:
        raise BadSaml(Fault.DOCUMENT) from bad


def insist_plain(octets: bytes) -> None:
    """Nothing that declares a document type gets as far as a parser. Raises BadSaml (DOCUMENT)."""
    try:
        text = octets.decode("utf-8") if len(octets) <= LARGEST else ""
    except UnicodeDecodeError as bad:
        raise BadSaml(Fault.DOCUMENT) from bad
    if not text or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadSaml(Fault.DOCUMENT)


def _parsed(octets: bytes) -> Any:
    insist_plain(octets)
    try:
        return Xml.to_etree(octets)
    except (ValueError, SyntaxError) as bad:
        raise BadSaml(Fault.DOCUMENT) from bad


def library_settings(service: dict[str, Any], provider: dict[str, Any], **security: Any) -> OneLogin_Saml2_Settings:
    """The library's settings. Not ``strict``: what that adds is judged in ``rules.saml``, and there by our clock."""
    return OneLogin_Saml2_Settings(
        {
            "strict": False,
            "sp": service,
            "idp": provider,
            "security": {
                "wantAssertionsSigned": True,
                "rejectDeprecatedAlgorithm": True,
                "allowSingleLabelDomains": True,
                **security,
            },
        },
        sp_validation_only=not provider,
    )
