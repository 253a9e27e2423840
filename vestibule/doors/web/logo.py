"""The operator's own picture in the banner of pages, read once.

It is served as an image under a policy that lets it do nothing: script in an SVG does not run, and nothing is fetched
by it (an ``img`` element, SVG integration chapter 2.3; a content policy of ``default-src 'none'`` when it is opened).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

LARGEST: Final = 32 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"


class BadPicture(ValueError):
    """The file cannot be the picture; the text says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: ``.svg`` or ``.png``, and its octets."""

    suffix: str
    body: bytes


def read(path: str) -> Picture | None:
    """The picture in a file; None when no file is named.

    Raises:
        BadPicture: the file cannot be read, is larger than 32 KiB, or is neither an SVG nor a PNG.
    """
    if not path:
        return None
    try:
        body = Path(path).expanduser().read_bytes()
    except OSError as failure:
        raise BadPicture(f"{path} cannot be read: {failure.strerror}") from failure
    if len(body) > LARGEST:
        raise BadPicture(f"{path} is larger than {LARGEST // 1024} KiB, which every page would have to load")
    if body.startswith(_PNG):
        return Picture(".png", body)
    if b"<svg" in body[:1024] and _is_text(body):
        return Picture(".svg", body)
    raise BadPicture(f"{path} is neither an SVG nor a PNG")


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
