"""The pages on which somebody lets a device without a keyboard sign in."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vestibule.doors.portal.views.permissions import PERMISSIONS
from vestibule.doors.portal.views.sign_in import SignInView


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView(SignInView):
    """What these pages have in common.

    Attributes:
        account: whose account the device would use.
        typed: the code, as it was typed or came with the address.
    """

    account: str
    typed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterDeviceCode(DeviceView):
    """*Sign in on a device*: asks for the code that it shows."""

    template: ClassVar[str] = "portal/enter_device_code.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDevice(DeviceView):
    """*Did you start this?*

    Attributes:
        app: what runs on the device. place: the organization whose app it is.
        permissions: the scopes that the app asks for, as it wrote them.
        asked_at: when the device began. network: the address that it asked from; empty when that is not known.
    """

    template: ClassVar[str] = "portal/review_device.html"
    app: str
    place: str
    permissions: tuple[str, ...]
    asked_at: datetime
    network: str

    @property
    def known(self) -> tuple[str, ...]:
        """The permissions that have words, in those words, to be translated."""
        return tuple(PERMISSIONS[name.lower()] for name in self.permissions if name.lower() in PERMISSIONS)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The others, as the app wrote them."""
        return tuple(name for name in self.permissions if name.lower() not in PERMISSIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswered(DeviceView):
    """What became of it. ``approved``: the device signs in; otherwise it was declined."""

    template: ClassVar[str] = "portal/device_answered.html"
    app: str
    approved: bool
