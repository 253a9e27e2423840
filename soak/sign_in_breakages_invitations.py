"""Broken builds of invitations and of sign-ins at other providers: each leaves one check out.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment

from soak.sign_in_breakages import Setting, nothing, nothing_later
from vestibule.actions import federating, inviting, proofs, redeeming, removing
from vestibule.doors.letters import headers, hypertext, neutral
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes import invitations as pages
from vestibule.doors.web import headers as web_headers
from vestibule.doors.web import pages as web_pages
from vestibule.ground import signing
from vestibule.rules import domains, lifecycle, names
from vestibule.rules.lifecycle import Invited, Standing
from vestibule.store import invitations, people
from vestibule.store import providers as kept_providers
from vestibule.store.people import Person
from vestibule.store.providers import IdentityProvider
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading, Unit

# --- The link ---------------------------------------------------------------------------------------------------------


def end_of_an_invitation_forgotten(setting: Setting) -> None:
    """An invitation is good until a worker has marked it as expired."""
    real = removing.check_open
    never = datetime.max.replace(tzinfo=UTC)
    setting(redeeming, "check_open", lambda one, unit: real(replace(one, expires_at=never), unit))


def invitation_accepted_again(setting: Setting) -> None:
    """Nobody asks whether an invitation was accepted already."""
    real = lifecycle.redeem

    def redeem(guest: Standing, now: datetime) -> lifecycle.Move:
        return real(replace(guest, stage=Invited(now)), now)

    setting(redeeming, "check_open", nothing)
    setting(lifecycle, "redeem", redeem)


def anybody_accepts(setting: Setting) -> None:
    """Whoever is signed in and has the link may accept."""
    setting(redeeming, "_check_person", nothing_later)


def older_links_stay_good(setting: Setting) -> None:
    """Links of before are not closed when a newer one is sent, the guest is removed, or the address changes."""
    setting(invitations, "close_all", nothing)


def following_the_link_uses_it_up(setting: Setting) -> None:
    """Whoever opens the link has used it, a program that looks at it too."""
    real = pages._show  # noqa: SLF001 - what is broken is inside

    async def show(visit: Visit) -> Any:
        answer = await real(visit)

        async def work(unit: Unit) -> None:
            found = await invitations.find_by_ticket(unit, inviting.ticket_hash(visit.captured("ticket")))
            if found is not None:
                invitations.close(unit, found, "redeemed")

        await visit.house.change(work)
        return answer

    setting(pages, "_show", show)


def referrer_goes_everywhere(setting: Setting) -> None:
    """Other sites learn the whole address of a page that leads to them."""
    real = web_headers.page_headers

    def headers(language: str, **more: Any) -> dict[str, str]:
        return {**real(language, **more), "Referrer-Policy": "unsafe-url"}

    setting(web_pages, "page_headers", headers)


def host_of_the_request_believed(setting: Setting) -> None:
    """Addresses begin with what a proxy says that the browser asked for."""

    def house(visit: Visit) -> Any:
        forwarded = visit.request.headers.get("x-forwarded-host")
        ours = visit.desk.house
        return ours if forwarded is None else replace(ours, public_url=f"https://{forwarded}")

    setting(Visit, "house", property(house))


# --- The letter -------------------------------------------------------------------------------------------------------


def names_keep_their_line_breaks(setting: Setting) -> None:
    """Names go into headers as they were typed."""
    setting(neutral, "name", lambda typed, *, otherwise="": typed or otherwise)
    setting(headers, "mailbox", lambda one, *, field: f'"{one.name}" <{one.address}>')  # noqa: ARG005


def letters_not_escaped(setting: Setting) -> None:
    """What people typed is HTML in a letter."""
    open_to_all = Environment(
        loader=hypertext._PAGES.loader,  # noqa: SLF001 - what is broken is inside
        autoescape=False,  # noqa: S701 - this is what is broken
        trim_blocks=True,
        lstrip_blocks=True,
    )
    open_to_all.filters.update(hypertext._PAGES.filters)  # noqa: SLF001
    setting(hypertext, "_LETTER", open_to_all.get_template("letter.html"))


def letters_are_templates(setting: Setting) -> None:
    """A letter is taken for a template once more when the names stand in it."""
    real = hypertext.render

    def render(*given: Any) -> str:
        return hypertext._PAGES.from_string(real(*given)).render()  # noqa: SLF001

    setting(hypertext, "render", render)


# --- Addresses --------------------------------------------------------------------------------------------------------


def any_sign_in_an_address(setting: Setting) -> None:
    """Whatever stands before the at-sign is a mailbox."""
    setting(names, "_LOCAL", re.compile(".+"))


def domains_are_folded(setting: Setting) -> None:
    """Domains that look alike when case is folded away are one."""
    real = domains._to_ascii  # noqa: SLF001
    setting(domains, "_to_ascii", lambda label: real(label.casefold()))


# --- Other providers --------------------------------------------------------------------------------------------------


def address_says_who(setting: Setting) -> None:
    """Somebody from a provider is whoever has the address that the provider names (nOAuth)."""
    real_sign_in, real_person = federating.sign_in, federating._person  # noqa: SLF001
    claimed: dict[str, str] = {}

    async def sign_in(house: Any, back: Any, claims: Mapping[str, Any], **more: Any) -> Any:
        claimed["email"] = str(claims.get("email", ""))
        return await real_sign_in(house, back, claims, **more)

    async def person(house: Any, unit: Unit, provider: IdentityProvider, subject: str) -> Person:
        address = names.read_address(claimed["email"])
        known = None if address is None else await people.find_mailbox(unit, inviting.address_mac(house, address.key))
        linked = None if known is None else await people.find(unit, known.person_id)
        return linked or await real_person(house, unit, provider, subject)

    setting(federating, "sign_in", sign_in)
    setting(federating, "_person", person)


def subject_alone_says_who(setting: Setting) -> None:
    """A subject means the same person at every issuer."""
    real = federating._person  # noqa: SLF001

    async def person(house: Any, unit: Unit, provider: IdentityProvider, subject: str) -> Person:
        return await real(house, unit, replace(provider, issuer="any"), subject)

    setting(federating, "_person", person)


def proof_of_anybody(setting: Setting) -> None:
    """What one person proved holds for whoever else goes on with the sign-in."""
    real = proofs.proven

    def proven(request: SignInRequest | None, *, person_id: str, tenant_id: str) -> str | None:
        kept: Any = None if request is None else request.facts.get("proved")
        return real(request, person_id=str(kept["person"]) if kept else person_id, tenant_id=tenant_id)

    setting(proofs, "proven", proven)


def any_address_is_vouched_for(setting: Setting) -> None:
    """A provider is believed about addresses in domains that are not its own."""

    async def responsible(reading: Reading, tenant_id: str, _domain: str) -> IdentityProvider | None:
        return next(iter(await kept_providers.everyone(reading, tenant_id)), None)

    setting(kept_providers, "responsible", responsible)


def providers_cannot_be_switched_off(setting: Setting) -> None:
    """A provider that was switched off still signs people in."""
    real = kept_providers.find

    async def find(reading: Reading, tenant_id: str, provider_id: str) -> IdentityProvider | None:
        found = await real(reading, tenant_id, provider_id)
        return None if found is None else replace(found, enabled=True)

    setting(kept_providers, "find", find)


def hint_of_the_caller_passed_on(setting: Setting) -> None:
    """What an app or a link said about the person goes along to the provider."""
    real = federating.begin

    async def begin(house: Any, known: Any, request: SignInRequest, handle: str, **more: Any) -> str:
        typed = more.pop("typed", "") or str(request.facts.get("email") or "")
        return await real(house, known, request, handle, typed=typed, **more)

    setting(federating, "begin", begin)


def times_of_a_token_forgotten(setting: Setting) -> None:
    """An id_token of a provider has no end and no beginning."""
    setting(signing, "check_times", nothing)
