"""*New user*: a member of the organization, with a first password that is shown once."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import credentials, directory_users
from vestibule.actions.user_objects import NewMember
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations

_FIELDS: Final = {
    "displayName": Problem(N_("Enter a name of at most 256 characters."), at="name"),
    "userPrincipalName": Problem(N_("Enter a user name of letters, digits, dots, hyphens or underscores."), at="local"),
    "mailNickname": Problem(N_("Enter a user name of letters, digits, dots, hyphens or underscores."), at="local"),
    "mail": Problem(N_("Enter an email address, such as name@example.com."), at="mail"),
    "jobTitle": Problem(N_("Enter a job title of at most 128 characters."), at="job"),
    "department": Problem(N_("Enter a department of at most 64 characters."), at="department"),
}
_TAKEN: Final = {
    "userPrincipalName": Problem(N_("Someone has this user name already. Enter another one."), at="local"),
    "mail": Problem(N_("Someone has this email address already. Enter another one."), at="mail"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed into the form; ``local`` and ``domain`` make the user name."""

    name: str = ""
    local: str = ""
    domain: str = ""
    mail: str = ""
    job: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUserPage(View):
    """The page. ``domains``: in which a user name can be; ``editable``: whether who is signed in can make users."""

    template: ClassVar[str] = "portal/admin/new_user.html"
    typed: Typed
    domains: tuple[str, ...]
    editable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUserPage(View):
    """What is shown once after it: the user name and the first password."""

    template: ClassVar[str] = "portal/admin/made_user.html"
    user_id: str
    name: str
    upn: str
    password: str


async def show(admin: Admin) -> Response:
    """The form."""
    return await _page(admin, Typed(domain=admin.organization.initial_domain))


async def _page(admin: Admin, typed: Typed, problems: tuple[Problem, ...] = (), status: int = 200) -> Response:
    known = await organizations.domains(admin.reading, admin.tenant_id)
    return admin.visit.page(
        NewUserPage(
            typed=typed,
            domains=tuple(one.name for one in known if one.verified_at is not None),
            editable=admin.may(Verb.CREATE_USER),
            problems=problems,
        ),
        status,
    )


async def create(admin: Admin) -> Response:
    """Make the user."""
    form = await admin.visit.form(verb=Verb.CREATE_USER, tenant_id=admin.tenant_id)
    typed = Typed(**{name: form.get(name, "").strip() for name in Typed.__dataclass_fields__})
    upn, password = f"{typed.local}@{typed.domain}", _password(admin)
    try:
        hashed = await credentials.hashed(admin.visit.desk.passwords, password)
        new = NewMember(
            display_name=typed.name,
            user_principal_name=upn,
            mail_nickname=typed.local,
            password=hashed,
            properties={
                "mail": typed.mail or None,
                "jobTitle": typed.job or None,
                "department": typed.department or None,
            },
        )
        made = await directory_users.create_user(admin.visit.house, new, tenant_id=admin.tenant_id, by=admin.by)
    except Refused as refused:
        return await _not_made(admin, typed, refused)
    await admin.visit.fresh()
    return admin.visit.page(MadeUserPage(user_id=made.user_id, name=typed.name, upn=upn, password=password))


def _password(admin: Admin) -> str:
    """120 bits in groups that can be read aloud and typed."""
    token = admin.visit.house.chance.octets(15).hex()
    return "-".join(token[at : at + 6] for at in range(0, len(token), 6))


async def _not_made(admin: Admin, typed: Typed, refused: Refused) -> Response:
    at = str(refused.facts.get("property") or "")
    found = {Reason.BAD_VALUE: _FIELDS, Reason.MISSING_VALUE: _FIELDS, Reason.DUPLICATE_VALUE: _TAKEN}
    problem = found.get(refused.reason, {}).get(at)
    if problem is None:
        raise refused
    await admin.visit.fresh()
    return await _page(admin, typed, (problem,), 409 if refused.reason is Reason.DUPLICATE_VALUE else 400)
