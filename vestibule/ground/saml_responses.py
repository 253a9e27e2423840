"""Answers of identity providers (SAML 2.0 Core section 3.3.3): who signed them, and what they say.

Signatures are checked by the library (libxmlsec1) against the certificates given, whatever key the document brings
along. What the library would judge besides is judged elsewhere (``rules.saml``): it takes the time from a function of
its own, compares addresses by their beginnings, and lets an answer pass that does not say whom it is for.

Standards: SAML 2.0 Core, Bindings section 3.5; XML Signature; RFC 6931 for the algorithms.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from vestibule.ground.assertions import Assertion, Confirmation, Window
from vestibule.ground.clock import parse_iso
from vestibule.ground.saml import BadSaml, Fault, decoded, insist_plain, library_settings

_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SCHEMA: Final = "saml-schema-protocol-2.0.xsd"
_RESPONSE: Final = f"{{{Names.NS_SAMLP}}}Response"
_ENCRYPTED: Final = "//saml:EncryptedAssertion | //saml:EncryptedID | //saml:EncryptedAttribute | //xenc:EncryptedData"
_ALGORITHMS: Final = {
    "SignatureMethod": frozenset(
        f"http://www.w3.org/2001/04/xmldsig-more#{kind}-sha{bits}"
        for kind in ("rsa", "ecdsa")
        for bits in (256, 384, 512)
    ),
    "DigestMethod": frozenset({Names.SHA256, Names.SHA384, Names.SHA512}),
    "CanonicalizationMethod": frozenset({_EXCLUSIVE}),
    "Transform": frozenset({_EXCLUSIVE, "http://www.w3.org/2000/09/xmldsig#enveloped-signature"}),
}


def read_response(encoded: str, certificates: Sequence[bytes]) -> Assertion:
    """Read a Response and check who signed the one assertion in it. What it says is not judged here.

    Args:
        encoded: base64, as it was posted. certificates: DER, of the keys that may have signed.

    Raises:
        BadSaml: DOCUMENT for what is no well-formed, valid Response; ENCRYPTED; DECLINED for another status than
            success; ASSERTIONS for none or several, or one that is elsewhere; UNSIGNED, ALGORITHM, SIGNATURE.
    """
    response = _opened(decoded(encoded), certificates)
    document = response.document
    _check_form(document)
    assertion, response_signed = _check_signatures(document)
    try:
        response.is_valid({}, raise_exceptions=True)
    except (OneLogin_Saml2_ValidationError, OneLogin_Saml2_Error) as bad:
        raise BadSaml(Fault.SIGNATURE) from bad
    return _read(document, assertion, response_signed=response_signed)


def _opened(octets: bytes, certificates: Sequence[bytes]) -> OneLogin_Saml2_Response:
    """The response as the library holds it: one tree, of which the signatures are checked and which is then read."""
    insist_plain(octets)
    pem = [OneLogin_Saml2_Utils.format_cert(base64.b64encode(one).decode()) for one in certificates]
    if not pem:
        raise BadSaml(Fault.SIGNATURE)
    address = {"url": "https://service.example/"}  # the library wants one; nothing is compared with it
    service = {"entityId": "urn:service", "assertionConsumerService": address}
    provider = {"entityId": "urn:provider", "singleSignOnService": address, "x509certMulti": {"signing": pem}}
    try:
        return OneLogin_Saml2_Response(library_settings(service, provider), base64.b64encode(octets).decode())
    except OneLogin_Saml2_Error as closed:
        raise BadSaml(Fault.ENCRYPTED) from closed
    except (ValueError, SyntaxError) as bad:
        raise BadSaml(Fault.DOCUMENT) from bad


def _check_form(document: Any) -> None:
    """One valid Response that says yes, with every ID once and one assertion, where assertions belong."""
    ids = Xml.query(document, "//@ID | //@Id | //@id")
    if document.tag != _RESPONSE or document.get("Version") != "2.0" or len(ids) != len(set(ids)):
        raise BadSaml(Fault.DOCUMENT)
    if isinstance(Xml.validate_xml(document, _SCHEMA), str):
        raise BadSaml(Fault.DOCUMENT)
    if Xml.query(document, "/samlp:Response/samlp:Status/samlp:StatusCode/@Value") != [Names.STATUS_SUCCESS]:
        raise BadSaml(Fault.DECLINED)
    if Xml.query(document, _ENCRYPTED):
        raise BadSaml(Fault.ENCRYPTED)
    everywhere, in_place = (len(Xml.query(document, f"{where}saml:Assertion")) for where in ("//", "/samlp:Response/"))
    if (everywhere, in_place) != (1, 1):
        raise BadSaml(Fault.ASSERTIONS)


def _check_signatures(document: Any) -> tuple[Any, bool]:
    """The assertion, which is signed, and whether the response is as well.

    A signature covers the whole element that it stands in and nothing else, and there is no other in the document;
    so what is verified is what is read afterwards, however the document was put together (signature wrapping).
    """
    (assertion,) = Xml.query(document, "/samlp:Response/saml:Assertion")
    signatures = Xml.query(document, "//ds:Signature")
    of_assertion = [one for one in signatures if one.getparent() is assertion]
    of_response = [one for one in signatures if one.getparent() is document]
    if len(of_assertion) != 1 or len(of_response) > 1 or len(signatures) != len(of_assertion) + len(of_response):
        raise BadSaml(Fault.UNSIGNED)
    for one in signatures:
        _check_signature(one, one.getparent().get("ID"))
    return assertion, bool(of_response)


def _check_signature(signature: Any, covered: str | None) -> None:
    references = Xml.query(signature, ".//ds:Reference/@URI")
    if not covered or references != [f"#{covered}"] or Xml.query(signature, ".//ds:Object | .//ds:Manifest"):
        raise BadSaml(Fault.SIGNATURE)
    used = [set(Xml.query(signature, f".//ds:{name}/@Algorithm")) for name in _ALGORITHMS]
    if any(not found or not found <= allowed for found, allowed in zip(used, _ALGORITHMS.values(), strict=True)):
        raise BadSaml(Fault.ALGORITHM)


# --- What it says -----------------------------------------------------------------------------------------------------


def _read(document: Any, assertion: Any, *, response_signed: bool) -> Assertion:
    conditions = Xml.query(assertion, "./saml:Conditions")
    names = Xml.query(assertion, "./saml:Subject/saml:NameID")
    issuer = Xml.query(assertion, "./saml:Issuer")
    name = names[0] if len(names) == 1 and not len(names[0]) else None
    return Assertion(
        response_signed=response_signed,
        response_issuer=_text(Xml.query(document, "./saml:Issuer")),
        response_to=document.get("InResponseTo"),
        destination=document.get("Destination"),
        assertion_id=assertion.get("ID"),
        issuer=_text(issuer) or "",
        issued_at=_required(assertion.get("IssueInstant")),
        name_id=None if name is None else Xml.element_text(name),
        name_id_format=None if name is None else name.get("Format"),
        for_service=None if name is None else name.get("SPNameQualifier"),
        confirmations=tuple(map(_confirmation, Xml.query(assertion, "./saml:Subject/saml:SubjectConfirmation"))),
        window=_window(conditions[0]) if conditions else Window(None, None),
        audiences=tuple(map(_audiences, Xml.query(assertion, "./saml:Conditions/saml:AudienceRestriction"))),
        sessions=tuple(
            _moment(one.get("SessionNotOnOrAfter")) for one in Xml.query(assertion, "./saml:AuthnStatement")
        ),
        attributes=_attributes(assertion),
    )


def _confirmation(found: Any) -> Confirmation:
    data = Xml.query(found, "./saml:SubjectConfirmationData")
    if not data:
        return Confirmation(found.get("Method"), None, None, Window(None, None))
    return Confirmation(found.get("Method"), data[0].get("Recipient"), data[0].get("InResponseTo"), _window(data[0]))


def _window(found: Any) -> Window:
    return Window(_moment(found.get("NotBefore")), _moment(found.get("NotOnOrAfter")))


def _audiences(found: Any) -> tuple[str, ...]:
    return tuple(Xml.element_text(one) or "" for one in Xml.query(found, "./saml:Audience"))


def _attributes(assertion: Any) -> dict[str, tuple[str, ...]]:
    """The texts of each attribute; a name that comes twice has the values of both."""
    found: dict[str, tuple[str, ...]] = {}
    for one in Xml.query(assertion, "./saml:AttributeStatement/saml:Attribute"):
        values = [Xml.element_text(value) for value in Xml.query(one, "./saml:AttributeValue") if not len(value)]
        name = str(one.get("Name"))
        found[name] = found.get(name, ()) + tuple(value.strip() for value in values if value and value.strip())
    return found


def _text(found: Sequence[Any]) -> str | None:
    return Xml.element_text(found[0]) if found else None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _required(text)


def _required(text: str | None) -> datetime:
    """A moment (Core section 1.3.3: always with a time zone). Raises BadSaml (DOCUMENT)."""
    try:
        return parse_iso(text or "")
    except ValueError as bad:
        raise BadSaml(Fault.DOCUMENT) from bad
