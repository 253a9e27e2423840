"""*Change password*: the old one is asked for, and whoever knows the new one has to think of it themselves."""

from starlette.responses import Response

from vestibule.actions import directory_users, sign_in_methods, signing_in
from vestibule.actions.credentials import HashedPassword, hashed
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.second_factors import ChangePassword
from vestibule.doors.web import visits
from vestibule.doors.web.frame import Problem
from vestibule.rules import passwords as rules
from vestibule.rules.passwords import Weakness
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.memberships import Membership

_WEAK = {
    Weakness.TOO_LONG: problems.PASSWORD_TOO_LONG,
    Weakness.CONTROL_CHARACTER: problems.PASSWORD_ODD,
    Weakness.REPEATS_ITSELF: problems.PASSWORD_REPEATS,
    Weakness.IS_A_NAME: problems.PASSWORD_NAME,
    Weakness.IS_KNOWN: problems.PASSWORD_KNOWN,
}


async def ask(visit: Visit) -> Response:
    """The form, for somebody who has a password here."""
    await _home(visit)
    return await _page(visit)


async def change(visit: Visit) -> Response:
    """The old password, and twice the new one. Every other session ends; this one goes on under a new token."""
    form = await visit.form()
    home = await _home(visit)
    old, new = form.get("old", ""), form.get("new", "")
    missing = _missing(old, new, form.get("again", ""))
    if missing is not None:
        return await _page(visit, missing)
    try:
        await signing_in.check_password(
            visit.house, visit.desk.passwords, email=home.user_principal_name, password=old, network=visit.whence
        )
        made = await _new(visit, home, new)
    except Refused as refused:
        if refused.reason not in {Reason.PASSWORD_WRONG, Reason.PASSWORD_WEAK}:
            raise
        return await _page(visit, _problem(refused))
    await directory_users.set_password(
        visit.house,
        tenant_id=home.tenant_id,
        user_id=home.user_id,
        password=made,
        by=visit.actor(home.tenant_id),
        own=True,
    )
    opened = await signing_in.open_session(
        visit.house,
        visit.who.person.person_id,
        visit.who.strength,
        network=visit.whence,
        old_token=visits.session_token(visit.request),
    )
    visit.signed_in_as(opened)
    return visit.redirect(paths.SECURITY_INFO, {"done": "password"})


async def _home(visit: Visit) -> Membership:
    """The account at home, which the password is of. Raises Refused (NOT_FOUND) for somebody without one."""
    home = visit.who.home
    methods = await sign_in_methods.methods_of(visit.reading, visit.who.person.person_id)
    if home is None or methods.password_since is None:
        raise Refused(Reason.NOT_FOUND)
    return home


async def _new(visit: Visit, home: Membership, password: str) -> HashedPassword:
    """The new password, hashed. Raises Refused (PASSWORD_WEAK)."""
    place = await organizations.find(visit.reading, home.tenant_id)
    about = [home.display_name, home.user_principal_name, home.mail, home.user_principal_name.partition("@")[0]]
    about += [] if place is None else [place.display_name, place.initial_domain]
    second = await _has_second(visit)
    return await hashed(visit.desk.passwords, password, names=[one for one in about if one], second_factor=second)


def _missing(old: str, new: str, again: str) -> Problem | None:
    if not old:
        return problems.ENTER_OLD_PASSWORD
    if not new:
        return problems.ENTER_NEW_PASSWORD
    return None if new == again else problems.PASSWORDS_DIFFER


def _problem(refused: Refused) -> Problem:
    if refused.reason is Reason.PASSWORD_WRONG:
        return problems.WRONG_OLD_PASSWORD
    why = Weakness(str(refused.facts["why"]))
    return _WEAK.get(why) or problems.password_too_short(int(refused.facts["least"] or rules.LEAST))


async def _page(visit: Visit, *what: Problem) -> Response:
    least = rules.LEAST_WITH_SECOND_FACTOR if await _has_second(visit) else rules.LEAST
    view = ChangePassword(email=await entering.email_of(visit), least=least, problems=what)
    return visit.page(view, 400 if what else 200)


async def _has_second(visit: Visit) -> bool:
    return await sign_in_methods.has_second_factor(visit.reading, visit.who.person.person_id)
