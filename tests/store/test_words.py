"""The database keeps the words of names and addresses by itself, and both ways to ask for them find the same."""

import pytest
from sqlalchemy import select

from tests.store.rows import TENANT, Store
from vestibule.rules.filters import fold
from vestibule.store import columns, profiles, words
from vestibule.store.profiles import Profile
from vestibule.store.schema import profile, profile_word
from vestibule.store.statements import Query, given
from vestibule.store.unit import Unit

_WORDS = Query(select(profile_word.c.word).where(profile_word.c.tenant_id == given("tenant_id")))
_SAID = Query(
    select(columns.words(profile.c.display_name_key, profile.c.mail_key)).where(
        profile.c.tenant_id == given("tenant_id")
    )
)
NAMES = {
    ("Adele  Vance", "Adele.Vance@Contoso.example"): {
        "adele", "vance", "adele.vance@contoso.example", "adele.vance", "contoso.example",
    },
    ("Anne-Marie O'Neill (Legal)", None): {
        "anne-marie", "anne", "marie", "o'neill", "o", "neill", "(legal)", "legal",
    },
    ('Zoë "Q" \\ Straße', "@x"): {"zoë", '"q"', "\\", "strasse", "@x", "x"},
    ("İpek, Ay", "no-address"): {fold("İpek,"), fold("İpek"), "ay", "no-address"},
}  # fmt: skip


def _profile(name: str, mail: str | None) -> Profile:
    return Profile(
        tenant_id=TENANT,
        user_id="u",
        user_principal_name="u",
        display_name=name,
        display_name_key=fold(name),
        mail=mail,
        mail_key=None if mail is None else fold(mail),
        user_type="Guest",
        **dict.fromkeys(
            [
                "given_name",
                "surname",
                "job_title",
                "department",
                "company_name",
                "preferred_language",
                "creation_type",
                "external_user_state",
                "external_user_state_at",
            ]
        ),
        attributes={},
    )


async def _words(store: Store) -> set[str]:
    return {row[0] for row in await (await store.read()).all(_WORDS, tenant_id=TENANT)}


async def test_the_words_follow_the_profile(store: Store) -> None:
    first, *others = NAMES

    async def come(unit: Unit) -> None:
        profiles.insert(unit, _profile(*first))

    await store.change(come)
    assert await _words(store) == NAMES[first]
    for name in others:

        async def change(unit: Unit, name: tuple[str, str | None] = name) -> None:
            profiles.save(unit, _profile(*name))

        await store.change(change)
        assert await _words(store) == NAMES[name]
        said = await (await store.read()).one(_SAID, tenant_id=TENANT)
        assert said is not None
        assert set(said[0].split(" ")) - {""} == NAMES[name], "a word that many have is looked for in this text"

    async def go(unit: Unit) -> None:
        profiles.drop(unit, TENANT, "u")

    await store.change(go)
    assert await _words(store) == set()


async def test_how_often_a_word_begins_is_counted_up_to_where_it_matters(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "COUNTED", 2)

    async def come(unit: Unit) -> None:
        profiles.insert(unit, _profile("Bo Bodil Boel Boris", None))

    await store.change(come)
    reading = await store.read()
    assert await words.rarest_first(reading, TENANT, ["bo"]) == (("bo",), 3)
    assert await words.rarest_first(reading, TENANT, ["bo", "bori"]) == (("bori", "bo"), 1)
    assert await words.rarest_first(reading, TENANT, ["x", "bo"]) == (("x", "bo"), 0)
    assert await words.rarest_first(reading, TENANT, []) == ((), 3)
    assert words.of("  Bo\tVANCE ") == ("bo", "vance")
