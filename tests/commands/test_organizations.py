"""Commands about organizations, and the first one."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import PASSWORD, Desk, initialise
from vestibule.actions import signing_in
from vestibule.program import Program
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations

FIRST = ("init", "--organization", "Contoso", "--domain", "contoso.example", "--admin", "admin@contoso.example")


def signs_in(desk: Desk, email: str, password: str) -> bool:
    """Whether somebody gets in with this password."""

    async def work(program: Program) -> bool:
        proof = {"email": email, "password": password, "network": ""}
        try:
            await signing_in.prove_password(program.house, program.passwords, **proof)
        except Refused as refused:
            return refused.reason is not Reason.PASSWORD_WRONG
        return True

    return desk.within(work)


def test_the_first_organization_and_its_administrator_who_can_sign_in(empty: Desk):
    made = initialise(empty).value

    assert set(made) == {"tenantId", "organization", "admin"}
    assert made["organization"]["displayName"] == "Contoso"
    assert made["organization"]["domain"] == "contoso.example"
    assert made["organization"]["id"] == made["tenantId"]
    assert set(made["admin"]) == {"id", "userPrincipalName"}
    assert made["admin"]["userPrincipalName"] == "admin@contoso.example"
    assert signs_in(empty, "admin@contoso.example", PASSWORD)
    assert not signs_in(empty, "admin@contoso.example", PASSWORD + "\n")


def test_on_postgresql_too(tmp_path: Path, postgres_url: str):
    desk = Desk(tmp_path / "data", postgres_url)
    made = initialise(desk).value

    assert desk.json("organization", "list") == [made["organization"]]
    assert not (desk.data / "vestibule.sqlite").exists()


def test_without_a_password_a_random_one_is_shown_once(empty: Desk):
    made = empty.json(*FIRST)
    password = made["admin"]["password"]

    assert len(password) >= 20
    assert signs_in(empty, "admin@contoso.example", password)
    told = empty.run("user", "show", "admin@contoso.example", "-o", "contoso.example").out
    assert password not in told


def test_a_password_from_a_file(empty: Desk, tmp_path: Path):
    (tmp_path / "password").write_text(PASSWORD + "\r\n")
    made = empty.json(*FIRST, "--password-file", tmp_path / "password")

    assert "password" not in made["admin"]
    assert signs_in(empty, "admin@contoso.example", PASSWORD)


def test_a_password_is_the_first_line_and_no_more(empty: Desk, tmp_path: Path):
    (tmp_path / "password").write_text(PASSWORD + "\n# the second line is for people\n")
    empty.json(*FIRST, "--password-file", tmp_path / "password")

    assert signs_in(empty, "admin@contoso.example", PASSWORD)


def test_a_password_that_is_no_text(empty: Desk, tmp_path: Path):
    (tmp_path / "password").write_bytes(b"correct horse battery \xff")
    done = empty.run(*FIRST, "--password-file", tmp_path / "password")

    assert (done.status, done.reason) == (1, "the password is not UTF-8")
    assert not empty.data.exists()


def test_a_password_file_that_is_not_there(empty: Desk, tmp_path: Path):
    done = empty.run(*FIRST, "--password-file", tmp_path / "nothing")

    assert done.status == 1
    assert str(tmp_path / "nothing") in done.reason


def test_a_weak_password_makes_nothing(empty: Desk):
    done = empty.run(*FIRST, "--password-file", "-", stdin="contoso\n")

    assert (done.status, done.out) == (1, "")
    assert "too weak" in done.reason
    assert empty.json("organization", "list") == []


def test_init_refuses_a_second_time_and_leaves_the_first(desk: Desk):
    before = desk.json("organization", "list")
    done = desk.run(
        "init", "--organization", "Other", "--domain", "other.example", "--admin", "a@other.example", "--json"
    )

    assert (done.status, done.out) == (1, "")
    assert done.reason == "there is an organization already; `vestibule organization create` makes further ones"
    assert desk.json("organization", "list") == before


def test_init_in_words_shows_what_to_do_next(empty: Desk):
    done = empty.run(*FIRST)

    assert done.status == 0
    assert "its administrator signs in as admin@contoso.example" in done.out
    assert "shown only now" in done.out


@pytest.mark.parametrize("emulator", [True, False])
def test_the_stamp_of_a_new_database_is_for_ever(empty: Desk, emulator: bool):
    initialise(empty, *(["--emulator"] if emulator else []))

    assert empty.json("migrate")["emulator"] is emulator
    again = empty.run("migrate", "--emulator", "--json")
    assert again.status == (0 if emulator else 1)
    assert empty.run("clock", "show").status == (0 if emulator else 1)


def test_migrate_makes_a_database_and_may_be_repeated(empty: Desk):
    for _ in range(2):
        assert empty.json("migrate") == {"migrated": True, "emulator": False}
    assert empty.json("organization", "list") == []


def test_a_further_organization_with_everything_and_how_it_is_shown(desk: Desk):
    made = desk.json(
        "organization",
        "create",
        *("--name", "Fabrikam", "--domain", "fabrikam.example", "--admin", "admin@fabrikam.example"),
        *("--privacy-contact", "privacy@fabrikam.example", "--privacy-statement", "https://fabrikam.example/privacy"),
        *("--technical-contact", "tech@fabrikam.example", "--country", "NL", "--language", "nl"),
        *("--time-zone", "Europe/Amsterdam", "--no-guests-may-leave"),
    )
    shown = desk.json("organization", "show", "fabrikam.example")

    assert shown == made["organization"] | {"domains": ["fabrikam.example"]}
    assert {name: shown[name] for name in shown if name not in {"id", "createdDateTime"}} == {
        "displayName": "Fabrikam",
        "domain": "fabrikam.example",
        "countryLetterCode": "NL",
        "notificationLanguage": "nl",
        "timeZone": "Europe/Amsterdam",
        "technicalContact": "tech@fabrikam.example",
        "privacyContact": "privacy@fabrikam.example",
        "privacyStatement": "https://fabrikam.example/privacy",
        "guestsMayLeave": False,
        "guestDigest": "off",
        "deviceSignInForGuests": False,
        "erasureOnLeave": "afterReview",
        "termsOfUseVersion": None,
        "termsOfUseLanguages": [],
        "domains": ["fabrikam.example"],
    }
    assert desk.json("organization", "show", made["tenantId"].upper()) == shown
    assert signs_in(desk, "admin@fabrikam.example", made["admin"]["password"])
    assert [one["domain"] for one in desk.json("organization", "list")] == ["contoso.example", "fabrikam.example"]


def test_an_organization_without_an_administrator(filed: Desk):
    made = filed.json("organization", "create", "--name", "Fabrikam", "--domain", "fabrikam.example")

    assert "admin" not in made
    assert filed.json("user", "list", "-o", "fabrikam.example") == []


def test_guests_may_not_be_kept_without_privacy_information(filed: Desk):
    words = ("organization", "create", "--name", "F", "--domain", "fabrikam.example", "--no-guests-may-leave")
    done = filed.run(*words)

    assert done.status == 1
    assert done.reason == "set a privacy contact and a privacy statement first"
    assert len(filed.json("organization", "list")) == 1


def test_the_table_has_one_line_for_each(filed: Desk):
    filed.json("organization", "create", "--name", "A rather long name " * 8, "--domain", "fabrikam.example")
    lines = filed.run("organization", "list").out.splitlines()

    assert lines[0].split() == ["ID", "DOMAIN", "NAME"]
    assert len(lines) == 3
    assert lines[2].rstrip().endswith(("A rather long name " * 8).strip())


def test_names_are_texts_and_no_markup(filed: Desk):
    filed.json("organization", "create", "--name", "[red]Name[/red]", "--domain", "fabrikam.example")

    assert "[red]Name[/red]" in filed.run("organization", "list").out
    assert json.loads(filed.run("organization", "list", "--json").out)[1]["displayName"] == "[red]Name[/red]"


def test_guests_may_sign_in_on_devices_once_the_organization_says_so(desk: Desk):
    assert desk.json("organization", "show", "contoso.example")["deviceSignInForGuests"] is False
    for answer in ("yes", "no", "yes"):
        changed = desk.json("organization", "set", "contoso.example", "--device-sign-in-for-guests", answer)
        assert changed["deviceSignInForGuests"] is (answer == "yes")
        assert desk.json("organization", "show", "contoso.example")["deviceSignInForGuests"] is (answer == "yes")
    assert desk.json("organization", "set", "contoso.example", "--guest-digest", "week")["guestDigest"] == "week"
    nothing = desk.run("organization", "set", "contoso.example")
    assert nothing.status == 2
    assert "--device-sign-in-for-guests" in nothing.reason
    assert desk.run("organization", "set", "contoso.example", "--device-sign-in-for-guests", "maybe").status == 2


def test_all_sign_ins_of_an_organization_end(desk: Desk):
    async def epochs(program: Program) -> list[int]:
        return [one.epoch for one in await organizations.everyone(await program.house.store.read())]

    for number in (1, 2):
        ended = desk.json("organization", "end-sign-ins", "contoso.example")
        assert ended["id"] == desk.json("organization", "show", "contoso.example")["id"]
        assert desk.within(epochs) == [number]
    nobody = desk.run("organization", "end-sign-ins", "nobody.example")
    assert (nobody.status, "nobody.example" in nobody.reason) == (1, True)


def test_terms_of_use_in_several_languages(desk: Desk, tmp_path: Path):
    text = tmp_path / "terms.txt"
    text.write_bytes("\ufeffBe kind.\r\nBe brief.\r\n".encode())
    assert desk.json("organization", "show", "contoso.example")["termsOfUseVersion"] is None
    set_ = ("organization", "set", "contoso.example", "--terms-of-use")
    changed = desk.json(*set_, str(text))
    assert (changed["termsOfUseVersion"], changed["termsOfUseLanguages"]) == (1, ["en"])
    assert desk.json(*set_, str(text))["termsOfUseVersion"] == 1
    changed = desk.json(*set_, "https://contoso.example/villkor", "--language", "sv")
    assert (changed["termsOfUseVersion"], changed["termsOfUseLanguages"]) == (2, ["en", "sv"])
    for source, language in ((str(tmp_path / "none"), "en"), ("https://[", "en"), (str(text), "de")):
        refused = desk.run(*set_, source, "--language", language)
        assert refused.status == 1, refused
    assert desk.json(*set_, "none")["termsOfUseLanguages"] == ["sv"]
    changed = desk.json(*set_, "none", "--language", "sv")
    assert (changed["termsOfUseVersion"], changed["termsOfUseLanguages"]) == (None, [])
