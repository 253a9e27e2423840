"""Style, script, icons and fonts: read once, served under names that carry a hash of their content.

Because a changed file has another name, each may be kept by a browser for ever. Text is also held compressed; pages
themselves never are, since they carry secrets next to what a caller can choose (the BREACH attack).
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vestibule.doors.web.accent import ORDINARY, Accent
from vestibule.doors.web.logo import Picture

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_STYLE: Final = "vestibule.css"
_LOGO: Final = "logo"
_COMPRESSED: Final = (".css", ".js", ".svg")
_REFERENCE: Final = re.compile(rb'url\("([a-z0-9.-]+)"\)')
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # An SVG opened on its own is a document; it gets no rights either.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    compressed: bytes | None
    kind: str


class StaticFiles:
    """The static files of one folder."""

    def __init__(
        self,
        folder: Path = _FOLDER,
        prefix: str = "/static",
        *,
        accent: Accent = ORDINARY,
        logo: Picture | None = None,
    ) -> None:
        """Read the folder.

        Args:
            folder: holds the files side by side.
            prefix: the path they are served under.
            accent: the operator's colour, behind the tokens of the stylesheet. logo: the operator's picture.

        Raises:
            KeyError: a stylesheet refers to a file that is not there.
        """
        self._prefix = prefix
        self._names: dict[str, str] = {}
        self._files: dict[str, _File] = {}
        self._accent = accent.style().encode()
        if logo is not None:
            self._add(_LOGO + logo.suffix, logo.suffix, logo.body)
        # Stylesheets come last, because they name other files by their hashed names.
        for path in sorted(folder.iterdir(), key=lambda path: (path.suffix == ".css", path.name)):
            if path.suffix in _TYPES:
                self._add(path.name, path.suffix, path.read_bytes())

    def url(self, name: str) -> str:
        """The address of a file.

        Raises:
            KeyError: there is no such file.
        """
        return f"{self._prefix}/{self._names[name]}"

    @property
    def logo(self) -> str | None:
        """The address of the operator's own picture; None when there is none."""
        return next((self.url(name) for name in self._names if name.startswith(_LOGO + ".")), None)

    @property
    def sizes(self) -> Mapping[str, int]:
        """What each file weighs on the wire, in octets, by its plain name."""
        return {name: len(self._wire(self._files[hashed])) for name, hashed in self._names.items()}

    def route(self) -> Route:
        """The one route that serves them all."""
        return Route(f"{self._prefix}/{{name}}", self._serve, methods=["GET"], name="static")

    async def _serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return PlainTextResponse("Not found\n", status_code=404, headers={"X-Content-Type-Options": "nosniff"})
        headers = dict(_HEADERS)
        body = file.body
        if file.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = file.compressed
        return Response(body, media_type=file.kind, headers=headers)

    def _add(self, name: str, suffix: str, body: bytes) -> None:
        if suffix == ".css":
            body += self._accent if name == _STYLE else b""
            body = _REFERENCE.sub(lambda match: f'url("{self.url(match[1].decode())}")'.encode(), body)
        stem = name.removesuffix(suffix)
        hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}{suffix}"
        self._names[name] = hashed
        compressed = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED else None
        self._files[hashed] = _File(body, compressed, _TYPES[suffix])

    @staticmethod
    def _wire(file: _File) -> bytes:
        return file.body if file.compressed is None else file.compressed
