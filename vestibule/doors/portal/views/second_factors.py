"""Second factors on pages: the second step of a sign-in, setting one up, and *Security info* in My Account."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import segno
from markupsafe import Markup

from vestibule.doors.portal.views.sign_in import SignInView
from vestibule.doors.web.frame import View

_PIXELS: int = 5


@dataclass(frozen=True, slots=True)
class NewSecret:
    """The secret of an authenticator app that is being set up.

    Attributes:
        address: what the QR code says. text: the secret, to be typed instead.
    """

    address: str
    text: str

    @property
    def picture(self) -> Markup:
        """The QR code as an SVG element, dark on white in every display, with the quiet zone that cameras need."""
        code = segno.make(self.address, error="m", micro=False)
        # Made by us from digits and letters alone: nothing in it comes from the address as text.
        return Markup(code.svg_inline(scale=_PIXELS, border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S704


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor(SignInView):
    """*Verify it's you*: the second step, after a right password.

    Attributes:
        email: the account. app, passkey, recovery: which ways this person has.
    """

    template: ClassVar[str] = "portal/second_factor.html"
    email: str
    app: bool = False
    passkey: bool = False
    recovery: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol(SignInView):
    """*Set up a second way to sign in*: an administrator who has none."""

    template: ClassVar[str] = "portal/enrol.html"
    email: str
    secret: NewSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledCodes(SignInView):
    """*Save your recovery codes*, at the end of a sign-in that began without a second factor."""

    template: ClassVar[str] = "portal/enrolled_codes.html"
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey. ``used_at`` is None when it was never used."""

    credential_id: str
    name: str
    added_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityInfo(View):
    """*Security info*: how the person signs in.

    Attributes:
        by_code: they sign in with an emailed code, and have no password here.
        password_since: when the password was set. app_since, app_used: the authenticator app; None without one.
        passkeys: oldest first. codes_left: unused recovery codes.
        has_second_factor: whether recovery codes make sense.
        fresh: they signed in a moment ago, so that a passkey can be added at once.
        saved: what was just done: app, passkey, named, removed or password; empty for nothing.
    """

    template: ClassVar[str] = "portal/security_info.html"
    by_code: bool = False
    password_since: datetime | None = None
    app_since: datetime | None = None
    app_used: datetime | None = None
    passkeys: tuple[PasskeyRow, ...] = ()
    codes_left: int = 0
    has_second_factor: bool = False
    fresh: bool = True
    saved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpAuthenticator(View):
    """*Add an authenticator app*. ``replaces``: there is one already."""

    template: ClassVar[str] = "portal/set_up_authenticator.html"
    flow: str
    secret: NewSecret
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes(View):
    """*Save your recovery codes*, in My Account."""

    template: ClassVar[str] = "portal/recovery_codes.html"
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMethod(View):
    """*Remove … ?*. ``passkey``: the one that is meant; None for the authenticator app. ``last``: no other is left."""

    template: ClassVar[str] = "portal/remove_method.html"
    passkey: PasskeyRow | None = None
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword(View):
    """*Change password*. ``least``: characters that a new one needs."""

    template: ClassVar[str] = "portal/change_password.html"
    email: str
    least: int
