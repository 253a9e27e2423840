"""Terms of use: an organization asks whoever signs in to accept them; leaving it never takes that.

Nobody keeps a note that somebody may pass: whether the edition in force was accepted is asked of the membership each
time a browser enters the organization and each time an app would be given a code.
"""

from collections.abc import Mapping

from vestibule.actions import journal, sign_in_log
from vestibule.actions.authorising import authorise, insist_own
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules import lifecycle
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.terms import Document
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations, terms
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.terms import Acceptance, Terms
from vestibule.store.unit import Reading, Unit

CREATE = "create"
WITHDRAW = "withdraw"


async def change_terms_of_use(
    house: House, *, tenant_id: str, documents: Mapping[str, Document | None], by: Actor, keep_others: bool = False
) -> Terms | None:
    """Say what people have to accept before they come in; a change is a new edition, which is to be accepted anew.

    Returns the edition in force; None when there never was one. A change that changes nothing is none.

    Args:
        house: the house. tenant_id: the organization. by: who acts.
        documents: by language; None takes the language away, and without any language the terms are withdrawn.
        keep_others: languages that are not named stay; otherwise they go.

    Raises:
        Refused: NOT_ALLOWED; NOT_FOUND.
    """

    async def work(unit: Unit) -> Terms | None:
        await authorise(unit, by, Verb.CHANGE_TERMS, tenant_id)
        place = await organizations.find(unit, tenant_id)
        if place is None:
            raise Refused(Reason.NOT_FOUND)
        before = await terms.in_force(unit, tenant_id)
        old = {} if before is None else before.documents
        named = {language: one.as_kept() for language, one in documents.items() if one is not None}
        kept = {language: one for language, one in old.items() if keep_others and language not in documents}
        wanted = dict(sorted((kept | named).items()))
        return before if wanted == old else await _save(house, unit, place, before, wanted, by=by)

    return await attempt(house, Verb.CHANGE_TERMS, work, by=by, tenant_id=tenant_id)


async def _save(
    house: House, unit: Unit, place: Organization, before: Terms | None, wanted: dict[str, dict[str, str]], *, by: Actor
) -> Terms:
    old = {} if before is None else before.documents
    edition = 1 if before is None else before.edition + 1
    saved = organizations.save(unit, place, place)  # two who change the terms at once do it one after the other
    made = Terms(place.tenant_id, edition, wanted, in_force=True, made_at=unit.now)
    terms.insert(unit, made, before)
    changed = tuple(language for language in sorted({*old, *wanted}) if old.get(language) != wanted.get(language))
    event = journal.Event(
        Verb.CHANGE_TERMS,
        place.tenant_id,
        journal.about_organization(place, saved, kind="policy"),
        unit.now,
        changes=changed,
        facts={"edition": edition},
        way=WITHDRAW if not wanted else "" if old else CREATE,
    )
    await journal.write(house, unit, event, by=by)
    return made


async def accept_terms(house: House, *, tenant_id: str, user_id: str, edition: int, by: Actor) -> None:
    """A person accepts the edition that they were shown; accepting it twice is accepting it once.

    Raises:
        Refused: NOT_FOUND for a user object that is not theirs; TOO_LATE when another edition is in force by now;
            ACCOUNT_DISABLED when they cannot sign in there any more.
    """

    async def work(unit: Unit) -> None:
        user = await _asked(unit, tenant_id, user_id, Verb.ACCEPT_TERMS, by)
        if await _in_force(unit, tenant_id) != edition:
            raise Refused(Reason.TOO_LATE)
        if await terms.find_acceptance(unit, tenant_id, user_id, edition) is not None:
            return
        memberships.guard(unit, user)
        terms.accept(unit, Acceptance(tenant_id, user_id, edition, unit.now))
        event = journal.Event(Verb.ACCEPT_TERMS, tenant_id, journal.about(user), unit.now, facts={"edition": edition})
        await journal.write(house, unit, event, by=by)

    try:
        await attempt(house, Verb.ACCEPT_TERMS, work, by=by, tenant_id=tenant_id, user_id=user_id)
    except Refused as refused:
        if refused.reason is not Reason.DUPLICATE_VALUE:  # pressed twice at the same moment
            raise


async def decline_terms(
    house: House, *, tenant_id: str, user_id: str, by: Actor, network: str = "", client_id: str = sign_in_log.PAGES
) -> None:
    """A person does not accept: they stay who they are, and are signed in nowhere there.

    ``network`` and ``client_id``, the app that they were on the way to, are for the sign-in log.

    Raises:
        Refused: as ``accept_terms``, and NOT_FOUND when nothing is to be accepted.
    """

    async def work(unit: Unit) -> None:
        user = await _asked(unit, tenant_id, user_id, Verb.DECLINE_TERMS, by)
        edition = await _in_force(unit, tenant_id)
        if edition is None:
            raise Refused(Reason.NOT_FOUND)
        memberships.guard(unit, user)
        event = journal.Event(Verb.DECLINE_TERMS, tenant_id, journal.about(user), unit.now, facts={"edition": edition})
        await journal.write(house, unit, event, by=by)
        await sign_in_log.write_failure(
            house,
            unit,
            user,
            Reason.TERMS_NOT_ACCEPTED,
            network=network,
            client_id=client_id,
            request_id=by.request_id,
        )

    await attempt(house, Verb.DECLINE_TERMS, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def to_accept(reading: Reading, user: Membership) -> Terms | None:
    """The terms that somebody has to accept before they come in; None when there are none, or they did."""
    found = await terms.in_force(reading, user.tenant_id)
    if found is None or not found.documents:
        return None
    accepted = await terms.find_acceptance(reading, user.tenant_id, user.user_id, found.edition)
    return found if accepted is None else None


async def insist_accepted(reading: Reading, user: Membership) -> None:
    """Insist that somebody accepted the terms that are in force. Raises Refused (TERMS_NOT_ACCEPTED)."""
    if await to_accept(reading, user) is not None:
        raise Refused(Reason.TERMS_NOT_ACCEPTED, tenantId=user.tenant_id)


async def _asked(unit: Unit, tenant_id: str, user_id: str, verb: Verb, by: Actor) -> Membership:
    user = await memberships.find(unit, tenant_id, user_id)
    if user is None:
        raise Refused(Reason.NOT_FOUND)
    insist_own(by, verb, user)
    if not lifecycle.may_sign_in(user.standing, unit.now):
        raise Refused(Reason.ACCOUNT_DISABLED)
    return user


async def _in_force(reading: Reading, tenant_id: str) -> int | None:
    found = await terms.in_force(reading, tenant_id)
    return None if found is None or not found.documents else found.edition
