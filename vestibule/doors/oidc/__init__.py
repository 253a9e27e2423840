"""OpenID Connect and OAuth 2.0, as unmodified clients of the Microsoft identity platform speak it."""

from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.protocol import Protocol

__all__ = ["Desk", "Protocol"]
