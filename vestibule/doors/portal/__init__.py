"""My Account and the sign-in pages.

paths       the addresses
views       what each page shows, as frozen values
templates   how it is shown
pages       both, ready to be rendered
desk        one request, and what all pages share
handling    from a request to an answer, whatever goes wrong on the way
routes      the handlers, by address
"""

from vestibule.doors.portal.routes import routes

__all__ = ["routes"]
