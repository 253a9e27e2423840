"""The secret of a new authenticator app, as pages show it."""

from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.views.second_factors import NewSecret
from vestibule.ground import one_time


def shown(visit: Visit, secret: bytes, account: str) -> NewSecret:
    """As a QR code for the app, and as text."""
    address = one_time.address(secret, issuer=visit.house.service_name, account=account)
    return NewSecret(address, one_time.as_text(secret))
