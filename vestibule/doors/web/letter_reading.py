"""The way back: what a program wants to know about a letter it caught.

It reads only what ``plain`` set there itself: our links stand alone on a line and our code does, while everything that
people typed stands inside a line of ours or behind a ``>``. A link inside an invitation's message is not reported.
"""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Final

from msgspec import Struct

_WEB_ADDRESS: Final = re.compile(r"https?://[!#-;=?-_a-z{|}~]+")
"""An absolute http or https address in printable ASCII, without what ends it in plain text or HTML: space < > \" `."""

_CODE: Final = re.compile("([0-9]{4}) ([0-9]{4})")


class Reading(Struct, frozen=True, kw_only=True, rename="camel"):
    """A letter taken apart."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    links: tuple[str, ...]  # absolute addresses, in order of appearance in the text
    code: str | None  # eight digits without a space


def is_web_address(address: str) -> bool:
    """Tell whether an address can stand in a letter as a link."""
    return _WEB_ADDRESS.fullmatch(address) is not None


def parse(raw: bytes) -> EmailMessage:
    """Return a message as an object."""
    return message_from_bytes(raw, policy=default)


def read(raw: bytes) -> Reading:
    """Take a letter apart."""
    message = parse(raw)
    headers = {name: _decoded(value) for name, value in message.raw_items()}
    return Reading(
        to=headers.get("To", ""),
        sender=headers.get("From", ""),
        subject=headers.get("Subject", ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        headers=headers,
        links=extract_links(message),
        code=extract_code(message),
    )


def extract_links(message: EmailMessage) -> tuple[str, ...]:
    """Return the absolute addresses in the text part, in order of appearance."""
    return tuple(line for line in _body(message, "plain").splitlines() if is_web_address(line))


def extract_code(message: EmailMessage) -> str | None:
    """Return the eight digits of a one-time code, without the space; None when the letter carries none."""
    for line in _body(message, "plain").splitlines():
        if found := _CODE.fullmatch(line):
            return "".join(found.groups())
    return None


def _decoded(value: str) -> str:
    """Unfold and decode a header. (The newer parser leaves a space between two encoded words of one name.)"""
    return str(make_header(decode_header("".join(value.splitlines())))).strip()


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
