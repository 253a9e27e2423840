"""OpenID Connect and OAuth 2.0, as unmodified clients of the Microsoft identity platform speak it."""

from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.routes import routes

__all__ = ["Desk", "routes"]
