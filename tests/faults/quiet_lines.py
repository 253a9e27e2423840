"""One line for each action that changes something and leaves no event: sign-ins, codes, tokens, the house's own."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.faults.lines import ADDRESS, Act, Line, Prepare, code_of, passkey_of, with_app
from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    app_connections,
    apps,
    certifying,
    credentials,
    data_requests,
    delivering,
    device_signing_in,
    direct_granting,
    directory_users,
    emulating,
    erasing,
    granting,
    housekeeping,
    inspecting,
    leaving,
    limits,
    mailbox_codes,
    passkeys,
    polling,
    proving_apps,
    receipt_keys,
    removing,
    rotating_keys,
    sealing,
    second_factors,
    second_steps,
    sign_in_log,
    signed_receipts,
    signing_in,
    speaking,
    streams,
    switching,
    witnessing,
)
from vestibule.actions.access import SignedIn
from vestibule.actions.choosing import Where
from vestibule.actions.credentials import hashed
from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, RS256, KeyRing
from vestibule.actions.polling import Asked
from vestibule.actions.posting import open_letter
from vestibule.actions.sign_in_methods import Proven
from vestibule.actions.streams import Wish
from vestibule.actions.user_objects import NewMember
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passwords import Passwords
from vestibule.rules import witnesses
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, State, Whom
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import deliveries, outbox, people, sessions
from vestibule.store.apps import App
from vestibule.store.bulk import Step
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.memberships import Membership
from vestibule.store.sessions import SignInRequest
from vestibule.store.witnesses import KeptCosignature, Standing

CALLBACK: Final = "https://app.example/cb"
BROWSER: Final = "a browser"
SECRET: Final = "correct horse battery staple"
QUIET: Final[dict[str, Line]] = {}


def quiet(name: str, *, looks_after: bool = False):
    """Keep the function as the line of an action, named ``module.function``."""

    def keep(prepare: Prepare) -> Prepare:
        QUIET[name] = Line(prepare, looks_after=looks_after)
        return prepare

    return keep


# --- Signing in -------------------------------------------------------------------------------------------------------


@quiet("signing_in.begin")
async def _begin(place: Place) -> Act:
    return lambda house: signing_in.begin(house, browser=BROWSER, target="/myaccount/", tenant_id=place.id)


async def _request(house: House) -> SignInRequest:
    handle = await signing_in.begin(house, browser=BROWSER, target="/myaccount/")
    found = await signing_in.find(house, await house.store.read(), handle, BROWSER)
    assert found is not None
    return found


@quiet("signing_in.note")
async def _note(place: Place) -> Act:
    request = await _request(place.house)
    return lambda house: signing_in.note(house, request, email=ADDRESS)


@quiet("signing_in.close_organization")
async def _close_organization(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    opened = await signing_in.open_session(place.house, guest.person_id or "", Strength.EMAILED_CODE)
    opened = await signing_in.open_organization(place.house, opened.signed_in, place.id)
    return lambda house: signing_in.close_organization(house, opened.signed_in, place.id)


@quiet("limits.begin_sign_in")
async def _begin_from_network(_place: Place) -> Act:
    return lambda house: limits.begin_sign_in(house, network="192.0.2.7")


@quiet("signing_in._count_failure")
async def _count_failure(place: Place) -> Act:
    member = await world.member(place)
    passwords = Passwords(place.house.chance)

    async def act(house: House) -> None:
        try:
            await signing_in.prove_password(
                house, passwords, email=member.user_principal_name, password="wrong", network="192.0.2.7"
            )
        except Refused:
            return

    return act


@quiet("signing_in._check_failures")
async def _check_failures(place: Place) -> Act:
    passwords = Passwords(place.house.chance)

    async def act(house: House) -> None:
        with suppress(Refused):
            await signing_in.check_password(house, passwords, email=ADDRESS, password="wrong", network="192.0.2.7")

    return act


@quiet("signing_in._log_disabled")
async def _log_disabled(place: Place) -> Act:
    passwords = Passwords(place.house.chance)
    secret = "correct horse battery staple"
    new = NewMember("Adele Vance", f"adele@{place.domain}", "adele", await hashed(passwords, secret))
    adele = await directory_users.create_user(place.house, new, tenant_id=place.id, by=operator())
    await switching.disable(place.house, tenant_id=place.id, user_id=adele.user_id, by=operator())
    of: dict[str, Any] = {"email": f"adele@{place.domain}", "password": secret, "network": "192.0.2.7"}

    async def act(house: House) -> None:
        with suppress(Refused):
            await signing_in.check_password(house, passwords, **of)

    return act


@quiet("sign_in_log.write_program")
async def _write_program(place: Place) -> Act:
    app = await client_of(place)
    return lambda house: sign_in_log.write_program(replace(house, said=set()), app, network="192.0.2.7", request_id="")


@quiet("sign_in_log.write_program_failure")
async def _write_program_failure(place: Place) -> Act:
    app = await client_of(place)
    return lambda house: sign_in_log.write_program_failure(house, app, "secret", network="192.0.2.7", request_id="")


@quiet("sign_in_log.write_abroad")
async def _write_abroad(place: Place) -> Act:
    return lambda house: sign_in_log.write_abroad(house, place.id, "a provider", "nonce")


@quiet("sign_in_log._write_disabled")
async def _write_disabled(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    of = {"tenant_id": place.id, "user_id": guest.user_id, "network": "192.0.2.7"}
    return lambda house: sign_in_log._write_disabled(house, **of)


@quiet("sign_in_log.turned_away")
async def _turned_away(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    person = await people.find(await place.house.store.read(), guest.person_id or "")
    assert person is not None
    refused = Refused(Reason.NOT_ALLOWED, why="declined")
    return lambda house: sign_in_log.turned_away(house, person, place.id, refused, network="192.0.2.7")


@quiet("signing_in.log_sign_in")
async def _log_sign_in(place: Place) -> Act:
    who = await at_browser(place)
    of = {"network": "192.0.2.7", "request_id": "", "client_id": "the app"}
    return lambda house: signing_in.log_sign_in(house, place.administrator, who, **of)


@quiet("signing_in.open_session", looks_after=True)
async def _open_session(place: Place) -> Act:
    person_id = await world.mailbox_person(place.house, ADDRESS)
    return lambda house: signing_in.open_session(house, person_id, Strength.EMAILED_CODE, network="192.0.2.7")


@quiet("signing_in.open_organization", looks_after=True)
async def _open_organization(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    first = await signing_in.open_session(place.house, guest.person_id or "", Strength.EMAILED_CODE)
    return lambda house: signing_in.open_organization(house, first.signed_in, place.id)


@quiet("signing_in.sign_out")
async def _sign_out(place: Place) -> Act:
    person_id = await world.mailbox_person(place.house, ADDRESS)
    opened = await signing_in.open_session(place.house, person_id, Strength.EMAILED_CODE)
    return lambda house: signing_in.sign_out(house, opened.token)


@quiet("mailbox_codes.send_code")
async def _send_code(place: Place) -> Act:
    await world.invited(place, ADDRESS)
    request = await _request(place.house)
    return lambda house: mailbox_codes.send_code(house, request, email=ADDRESS, languages=[])


@quiet("mailbox_codes.prove_code", looks_after=True)
async def _prove_code(place: Place) -> Act:
    await world.invited(place, ADDRESS)
    request = await _request(place.house)
    code = await sent_code(place.house, request)
    return lambda house: mailbox_codes.prove_code(house, request, email=ADDRESS, typed=code, network="192.0.2.7")


async def sent_code(house: House, request: SignInRequest) -> str:
    """The code of a letter that still waits to be sent."""

    await mailbox_codes.send_code(house, request, email=ADDRESS, languages=[])
    waiting = await outbox.waiting(await house.store.read(), 10)
    return str(open_letter(house, waiting[-1]).facts["code"])


@quiet("data_requests._send")
async def _ask_code(place: Place) -> Act:
    asked: dict[str, Any] = {"tenant_id": place.id, "address": ADDRESS, "wish": "access", "words": "Who are you?"}
    return lambda house: data_requests.ask_code(house, **asked, browser=BROWSER, network="192.0.2.7")


@quiet("speaking.choose_language")
async def _choose_language(place: Place) -> Act:
    person_id = await world.mailbox_person(place.house, ADDRESS)
    by = world.person_at_pages(person_id)
    return lambda house: speaking.choose_language(house, person_id=person_id, language="nl", by=by)


# --- Tokens -----------------------------------------------------------------------------------------------------------


async def client_of(place: Place) -> App:
    """A public client of the organization."""
    new = NewApp("Client", redirect_uris=(CALLBACK,), public=True)
    return (await apps.create_app(place.house, new, tenant_id=place.id, by=operator())).app


def grant(house: House) -> granting.Grant:
    """What somebody gives by signing in."""
    return granting.Grant(
        scope="openid offline_access User.Read",
        permissions=("User.Read",),
        nonce="n",
        auth_time=house.clock.now(),
        strength=Strength.PASSWORD,
        redirect_uri=CALLBACK,
    )


async def ring_of(house: House) -> KeyRing:
    """A key ring whose keys are made already."""
    ring = KeyRing(house)
    await ring.public()
    return ring


@quiet("granting.make_code")
async def _make_code(place: Place) -> Act:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    return lambda house: granting.make_code(house, app, guest, grant(house))


async def exchange(house: House, app: App, guest: Membership, code: str) -> granting.Tokens:
    """Exchange a code that was made for ``grant``."""
    ring = await ring_of(house)
    act: dict[str, Any] = {"tenant_id": guest.tenant_id, "code": code, "redirect_uri": CALLBACK}
    return await granting.exchange_code(house, ring, app, verifier=None, **act)


@quiet("granting.exchange_code", looks_after=True)
async def _exchange_code(place: Place) -> Act:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    await ring_of(place.house)
    return lambda house: exchange(house, app, guest, code)


@quiet("granting.refresh", looks_after=True)
async def _refresh(place: Place) -> Act:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    token = (await exchange(place.house, app, guest, code)).refresh_token or ""

    async def act(house: House) -> granting.Tokens:
        ring = await ring_of(house)
        return await granting.refresh(house, ring, app, tenant_id=place.id, token=token, scope=None)

    return act


@quiet("inspecting._end", looks_after=True)
async def _revoke(place: Place) -> Act:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    token = (await exchange(place.house, app, guest, code)).refresh_token or ""

    async def act(house: House) -> None:
        await inspecting.revoke(house, await ring_of(house), app, token)

    return act


# --- Without a browser of one's own -----------------------------------------------------------------------------------


async def on_device(place: Place) -> tuple[App, device_signing_in.Begun]:
    """An app that runs on a device, and a device that waits."""
    scopes = ("openid", "offline_access", "User.Read")
    new = NewApp("Television", public=True, device_code=True, delegated_permissions=scopes)
    made = await apps.create_app(place.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True)
    where = Where(place.id)
    begun = await device_signing_in.begin(place.house, made.app, where, scope=" ".join(scopes), network="192.0.2.9")
    return made.app, begun


async def at_browser(place: Place) -> SignedIn:
    """The administrator, signed in in a browser."""
    person_id = place.administrator.person_id or ""
    return (await signing_in.open_session(place.house, person_id, Strength.PASSWORD)).signed_in


@quiet("device_signing_in.begin")
async def _begin_device(place: Place) -> Act:
    app, _ = await on_device(place)
    where = Where(place.id)
    return lambda house: device_signing_in.begin(house, app, where, scope="openid", network="192.0.2.9")


@quiet("device_signing_in.find")
async def _mistype(place: Place) -> Act:
    await on_device(place)

    async def act(house: House) -> None:
        with suppress(Refused):
            await device_signing_in.find(house, "BBBB-BBBB", person_id="somebody")

    return act


@quiet("device_signing_in.approve")
async def _approve(place: Place) -> Act:
    _, begun = await on_device(place)
    who = await at_browser(place)
    return lambda house: device_signing_in.approve(house, who, begun.user_code, network="192.0.2.7")


@quiet("device_signing_in.decline")
async def _decline(place: Place) -> Act:
    _, begun = await on_device(place)
    who = await at_browser(place)
    return lambda house: device_signing_in.decline(house, who, begun.user_code)


@quiet("device_signing_in.redeem", looks_after=True)
async def _redeem_device(place: Place) -> Act:
    app, begun = await on_device(place)
    await device_signing_in.approve(place.house, await at_browser(place), begun.user_code, network="192.0.2.7")
    await ring_of(place.house)

    async def act(house: House) -> granting.Tokens:
        return await device_signing_in.redeem(house, await ring_of(house), app, device_code=begun.device_code)

    return act


@quiet("direct_granting.by_password", looks_after=True)
async def _by_password(place: Place) -> Act:
    passwords = Passwords(place.house.chance)
    secret = "correct horse battery staple"
    new = NewMember("Adele Vance", f"adele@{place.domain}", "adele", await hashed(passwords, secret))
    await directory_users.create_user(place.house, new, tenant_id=place.id, by=operator())
    scopes = ("openid", "offline_access", "User.Read")
    app = NewApp("Script", public=True, password_grant=True, delegated_permissions=scopes)
    made = await apps.create_app(place.house, app, tenant_id=place.id, by=operator(), grant_admin_consent=True)
    await ring_of(place.house)
    given = {"username": new.user_principal_name, "password": secret, "scope": " ".join(scopes), "network": ""}

    async def act(house: House) -> granting.Tokens:
        ring = await ring_of(house)
        return await direct_granting.by_password(house, ring, passwords, made.app, Where(place.id), **given)

    return act


@quiet("direct_granting.on_behalf_of", looks_after=True)
async def _on_behalf_of(place: Place) -> Act:
    published = {"id": "11111111-2222-4333-8444-555555555555", "value": "read"}
    scopes = ("openid", "offline_access", "User.Read")
    new = NewApp("Middle", redirect_uris=(CALLBACK,), api_scopes=(published,), delegated_permissions=scopes)
    api = (await apps.create_app(place.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True)).app
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    given = replace(grant(place.house), scope=f"api://{api.client_id}/read", permissions=("read",))
    code = await granting.make_code(place.house, app, guest, replace(given, resource_id=api.app_id))
    assertion = (await exchange(place.house, app, guest, code)).access_token
    more: dict[str, Any] = {"assertion": assertion, "scope": " ".join(scopes), "tenant_id": place.id}

    async def act(house: House) -> granting.Tokens:
        return await direct_granting.on_behalf_of(house, await ring_of(house), api, **more)

    return act


@quiet("proving_apps._use")
async def _use_assertion(place: Place) -> Act:
    app, now = await client_of(place), place.house.clock.now()
    claims = {"jti": "an id", "exp": now.timestamp() + 60}
    return lambda house: proving_apps._use(house, app, claims, now)


# --- The second step --------------------------------------------------------------------------------------------------


async def _guarded(place: Place) -> tuple[Membership, Proven, bytes, Passwords]:
    """A member with a password that they know and an authenticator app, whose clock is a step later."""
    member, proven, pending, secret = await with_app(place)
    passwords = Passwords(place.house.chance)
    known = await hashed(passwords, SECRET)
    await place.house.store.change(lambda unit: credentials.keep(unit, member.person_id or "", known))
    typed = code_of(place.house, secret)
    await second_factors.confirm_authenticator(place.house, pending, proven, typed=typed, by=world.at_portal(member))
    _push(place.house, timedelta(seconds=30))
    return member, proven, secret, passwords


@quiet("second_steps.prove_password")
async def _first_step(place: Place) -> Act:
    member, _, _, passwords = await _guarded(place)
    request = await _request(place.house)
    of: dict[str, Any] = {"email": member.user_principal_name, "password": SECRET, "network": ""}
    return lambda house: second_steps.prove_password(house, passwords, request, **of)


@quiet("second_steps._prove", looks_after=True)
async def _second_step(place: Place) -> Act:
    member, _, secret, passwords = await _guarded(place)
    request = await _request(place.house)
    of: dict[str, Any] = {"email": member.user_principal_name, "password": SECRET, "network": ""}
    assert await second_steps.prove_password(place.house, passwords, request, **of) is None
    typed = code_of(place.house, secret)
    return lambda house: second_steps.prove_app_code(house, request, typed=typed, network="")


@quiet("second_steps.enrolled", looks_after=True)
async def _enrolled(place: Place) -> Act:
    member = place.administrator
    passwords = Passwords(place.house.chance)
    known = await hashed(passwords, SECRET)
    await place.house.store.change(lambda unit: credentials.keep(unit, member.person_id or "", known))
    request = await _request(place.house)
    of: dict[str, Any] = {"email": member.user_principal_name, "password": SECRET, "network": ""}
    place.house.emulator = False
    assert await second_steps.prove_password(place.house, passwords, request, **of) is None
    reading = await place.house.store.read()
    kept = await sessions.find_request(reading, request.request_hash)
    assert kept is not None
    current = signing_in.unsealed(place.house, kept)
    half = second_steps.half_of(current, reading.moment.machine)
    assert half is not None
    proven, by = second_steps.proven_half(current, half), world.at_portal(member)
    current = await second_factors.begin_authenticator(place.house, current, proven, by=by)
    typed = code_of(place.house, second_factors.pending_secret(current, proven) or b"")
    await second_factors.confirm_authenticator(place.house, current, proven, typed=typed, by=by)
    return lambda house: second_steps.enrolled(house, current, network="")


@quiet("second_steps.strengthen", looks_after=True)
async def _strengthen(place: Place) -> Act:
    member = await world.member(place)
    opened = await signing_in.open_session(place.house, member.person_id or "", Strength.PASSWORD)
    return lambda house: second_steps.strengthen(house, opened.signed_in, Strength.MULTI_FACTOR)


@quiet("passkeys._challenge")
async def _challenge(place: Place) -> Act:
    site = passkeys.site_of(place.house, [place.house.public_url])
    return lambda house: passkeys.begin_sign_in(house, site, None, browser=BROWSER)


@quiet("passkeys.prove_passkey", looks_after=True)
async def _prove_passkey(place: Place) -> Act:
    _, _, site, device = await passkey_of(place)
    asked = await passkeys.begin_sign_in(place.house, site, None, browser=BROWSER)
    answer = device.use(asked)
    return lambda house: passkeys.prove_passkey(house, site, None, browser=BROWSER, answer=answer, network="")


# --- Keys -------------------------------------------------------------------------------------------------------------


@quiet("key_ring.make", looks_after=True)
async def _make_key(_place: Place) -> Act:
    return lambda house: KeyRing(house).signer(ES256)


@quiet("rotating_keys.retire")
async def _retire_key(place: Place) -> Act:
    first = await rotating_keys.rotate(place.house)
    _push(place.house, timedelta(seconds=1))
    await rotating_keys.rotate(place.house)
    _push(place.house, timedelta(hours=2))
    return lambda house: rotating_keys.retire(house, first[0].kid)


# --- The emulator, and the house's own --------------------------------------------------------------------------------


@quiet("emulating.advance")
async def _advance(_place: Place) -> Act:
    return lambda house: emulating.advance(house, timedelta(days=1))


@quiet("emulating.set_to")
async def _set_to(place: Place) -> Act:
    to = place.house.clock.now() + timedelta(days=1)
    return lambda house: emulating.set_to(house, to)


@quiet("emulating.switch_worker")
async def _switch_worker(_place: Place) -> Act:
    return lambda house: emulating.switch_worker(house, on=False)


@quiet("emulating.forget_mail")
async def _forget_mail(_place: Place) -> Act:
    return emulating.forget_mail


@quiet("housekeeping.tidy")
async def _tidy(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key="key")
    _push(place.house, timedelta(days=62))
    return housekeeping.tidy


@quiet("housekeeping.sweep")
async def _sweep(place: Place) -> Act:
    person_id = await world.mailbox_person(place.house, ADDRESS)
    await signing_in.open_session(place.house, person_id, Strength.EMAILED_CODE)
    await _request(place.house)
    _push(place.house, timedelta(days=3))
    return housekeeping.sweep


@quiet("housekeeping._scrubbed")
async def _scrub(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await removing.remove(place.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await erasing.purge(place.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await erasing.erase(place.house, tenant_id=place.id, user_id=guest.user_id)
    return housekeeping.scrub


@quiet("sealing._make", looks_after=True)
async def _make_audit_key(_place: Place) -> Act:
    return sealing.signer


@quiet("sealing._some")
async def _seal(place: Place) -> Act:
    await sealing.signer(place.house)
    return lambda house: sealing.seal_log(house, place.id)


WITNESS: Final = "witness.example/w1+d6ad38d4+BNtPg0rqnvXjLbE5rQ3Wg7Uu2a0WyA6gJzHnD2wUqK1Z"
COSIGNED: Final = KeptCosignature("", WITNESS, 3, "log\n3\nroot\n\n", "signed\n", datetime(2026, 3, 2, tzinfo=UTC))


@quiet("witnessing._claim")
async def _take_a_turn(place: Place) -> Act:
    due = Standing(place.id, WITNESS)
    return lambda house: witnessing._claim(house, due, there=False)


@quiet("witnessing._settle")
async def _write_down_what_a_witness_said(place: Place) -> Act:
    mine = await witnessing._claim(place.house, Standing(place.id, WITNESS), there=False)
    outcome = witnessing.Outcome(witnesses.State.COSIGNED, cosigned=replace(COSIGNED, tenant_id=place.id))
    return lambda house: witnessing._settle(house, mine, outcome)


@quiet("receipt_keys._make", looks_after=True)
async def _make_receipt_key(_place: Place) -> Act:
    return receipt_keys.signer


@quiet("signed_receipts.signed")
async def _sign_receipt(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    by = world.at_portal(guest)
    given = (await leaving.leave(place.house, tenant_id=place.id, by=by, key="key")).receipt
    await place.house.store.run_steps([Step("UPDATE receipt SET signed = NULL")])  # type: ignore[attr-defined]
    return lambda house: signed_receipts.signed(house, replace(given, signed=None))


@quiet("certifying._try", looks_after=True)
async def _certify(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await removing.remove(place.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await erasing.purge(place.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await erasing.erase(place.house, tenant_id=place.id, user_id=guest.user_id)
    await sealing.seal_waiting(place.house)
    await receipt_keys.signer(place.house)
    return certifying.certify_waiting


async def _to_tell(place: Place) -> tuple[Connection, Delivery]:
    """A connection that is being told, and what of somebody who left."""
    app = (await apps.create_app(place.house, NewApp("Costs"), tenant_id=place.id, by=operator())).app
    of: dict[str, Any] = {"tenant_id": place.id, "app_id": app.app_id, "by": operator()}
    made = await app_connections.set_connection(
        place.house, Kind.WEBHOOK, address="https://costs.example/", told_of=Whom.EVERYONE, required=True, **of
    )
    guest = await world.guest(place, ADDRESS)
    await removing.remove(place.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    until = place.house.clock.now() + timedelta(minutes=5)
    held = await delivering.claim(place.house, made.connection, "a token", until)
    [told] = await deliveries.waiting(await place.house.store.read(), place.id, app.app_id, "webhook", 9)
    return held, told


@quiet("delivering.claim")
async def _claim_connection(place: Place) -> Act:
    held, _ = await _to_tell(place)
    await delivering.release(place.house, held)
    until = place.house.clock.now() + timedelta(minutes=5)
    return lambda house: delivering.claim(house, held, "another", until)


@quiet("delivering.settle")
async def _settle(place: Place) -> Act:
    held, told = await _to_tell(place)
    return lambda house: delivering.settle(house, held, told, Outcome(State.CONFIRMED, "status 204"))


@quiet("delivering.learn")
async def _learn(place: Place) -> Act:
    held, _ = await _to_tell(place)
    return lambda house: delivering.learn(house, replace(held, commands="suspend delete", asked_at=house.clock.now()))


@quiet("delivering.put_off")
async def _put_off(place: Place) -> Act:
    held, told = await _to_tell(place)
    return lambda house: delivering.put_off(house, held, told, Outcome(State.SILENT, "status 503"))


@quiet("delivering.release")
async def _release(place: Place) -> Act:
    held, _ = await _to_tell(place)
    return lambda house: delivering.release(house, held)


async def _to_poll(place: Place) -> App:
    """An app that polls its stream, which has something for it."""
    app = (await apps.create_app(place.house, NewApp("Costs"), tenant_id=place.id, by=operator())).app
    wish = Wish(told_of=Whom.EVERYONE, required=True)
    await streams.create_stream(place.house, wish, tenant_id=place.id, app_id=app.app_id, by=operator())
    guest = await world.guest(place, ADDRESS)
    await removing.remove(place.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await KeyRing(place.house).signer(RS256)
    return app


@quiet("streams.verify_stream")
async def _verify_stream(place: Place) -> Act:
    app = await _to_poll(place)
    of: dict[str, Any] = {"tenant_id": place.id, "app_id": app.app_id, "by": operator()}
    return lambda house: streams.verify_stream(house, "hello", **of)


@quiet("polling._note_handed")
async def _note_handed(place: Place) -> Act:
    app = await _to_poll(place)
    return lambda house: polling.poll(house, KeyRing(house), Asked(), app=app, by=operator())


@quiet("polling._settle", looks_after=True)
async def _settle_poll(place: Place) -> Act:
    app = await _to_poll(place)
    handed = await polling.poll(place.house, KeyRing(place.house), Asked(), app=app, by=operator())
    asked = Asked(most=0, acks=frozenset(handed.tokens))
    return lambda house: polling.poll(house, KeyRing(house), asked, app=app, by=operator())


@quiet("housekeeping.was_seen")
async def _was_seen(_place: Place) -> Act:
    return housekeeping.was_seen


def _push(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


ELSEWHERE: Final = {
    "digests.send_digest_due": "organization.sendDigest",
    "digests.warn_of_removals_due": "organization.warnOfRemovals",
    "signing_in.note_use": "tests/actions/test_session_life: a failure to write keeps nobody from their page",
    "applying._apply": "review.applyDecision",
    "applying._done_with": "review.applyDecision",
    "applying.delete_due": "membership.remove of somebody who was denied and blocked",
    "review_histories.make_due": "review.makeHistory",
    "review_rounds.go_on_due": "review.end by time",
    "review_rounds.open_due": "review.start",
    "carry_out.attempt": "every line with an event goes through it",
    "carry_out.journal_refusal": "test_a_refusal_that_cannot_be_written_down",
    "deleting_apps.purge_app_due": "app.purge by time",
    "erasing.purge_due": "membership.purge by time",
    "erasing._begin": "membership.erase",
    "erasing._let_go": "tests/actions/test_holding: a hold that an old backup knows",
    "erasing._remove": "membership.erase",
    "data_requests.file_request": "dataRequest.file",
    "data_requests._with_code": "dataRequest.withdraw, dataRequest.collect",
    "ending_data_requests._forget": "dataRequest.end",
    "grouping.purge_group_due": "group.purge by time",
    "erasing.erase_again": "tests/commands/test_backups: whoever was erased since is erased again",
    "inviting.expire": "invitation.expire",
    "restoring_backup._begin_anew": "tests/commands/test_backups: killed at any point, the next attempt begins anew",
    "federating.begin": "test_federation",
    "federating._begin_saml": "test_saml",
    "federating.sign_in": "test_federation",
    "away.take": "test_federation",
    "asserting._keep": "test_saml",
    "being_told.sign_out": "test_federation",
    "mailbox_codes.prove_mailbox": "test_federation",
    "subscribing.end": "tests/doors/graph/test_subscriptions",
}
"""Other functions that run a unit, and where they are tried."""
