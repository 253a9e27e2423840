"""Cookies that go out with an answer, collected while it is made."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from vestibule.doors.web import visits
from vestibule.doors.web.cookies import LANGUAGE, keep_wish


@dataclass(slots=True)
class Kept:
    """What the browser shall remember. None where nothing changes.

    Attributes:
        session: a new session's token; empty when the session ended.
        organization: the organization whose context the pages are in.
        accounts: the sealed list of accounts that signed in here; empty for none.
        language: the language that was chosen.
        said: what the next page shall say was done, sealed; empty when it has been said.
    """

    session: str | None = None
    organization: str | None = None
    accounts: str | None = None
    language: str | None = None
    said: str | None = None

    def put(self, request: Request, response: Response, browser: str) -> Response:
        """Set the cookies on the answer; ``browser`` is the browser's own token.

        A form from another site comes without the cookies that the browser has, so it gets no token for a new one.
        """
        if visits.browser_token(request) is None and request.method != "POST":
            visits.keep_browser(request, response, browser)
        if self.session:
            visits.keep_session(request, response, self.session)
        elif self.session is not None:
            visits.drop_session(request, response)
        if self.organization is not None:
            visits.keep_organization(request, response, self.organization)
        if self.accounts is not None:
            visits.keep_accounts(request, response, self.accounts)
        if self.said is not None:
            visits.keep_said(request, response, self.said)
        if self.language is not None:
            host, port = request.url.hostname or "", visits.listener_port(request)
            keep_wish(response, LANGUAGE, self.language, host=host, port=port)
        return response
