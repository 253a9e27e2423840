"""*Sign-in logs*: who, to what, with what, from where; what failed and why."""

import csv
import io
from pathlib import Path

from tests.doors.portal.admin.conftest import Office
from tests.doors.portal.admin.test_audit_logs import column
from tests.doors.portal.admin.test_data_removal import purged
from tests.support.countries import write_countries
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.pages.sign_in_logs import KINDS, METHODS
from vestibule.ground.countries import Countries
from vestibule.rules.actors import Strength
from vestibule.rules.sign_ins import Kind


def test_every_kind_and_method_has_words():
    assert set(KINDS) == set(Kind)
    assert set(METHODS) == {one.value for one in Strength} - {Strength.NONE.value}


async def failed(office: Office) -> None:
    browser = office.town.browser()
    await browser.open("/signin")
    await browser.press("Next", email="adele@contoso.example")
    await browser.press("Sign in", password="not the one")


async def test_sign_ins_in_words(office: Office):
    await failed(office)
    page = await office.open(paths.SIGN_IN_LOGS)
    assert page.h1 == "Sign-in logs"
    assert column(page, "Result") == ["Failed The email or password was wrong.", "Succeeded"]
    assert column(page, "User")[0].startswith("Adele")
    assert column(page, "User")[1].startswith("Boss")
    assert column(page, "App") == ["My Account"] * 2
    assert column(page, "Method")[1] == "Password"


async def test_filters(office: Office):
    await failed(office)
    at = paths.SIGN_IN_LOGS
    assert len(column(await office.open(f"{at}?result=failed"), "User")) == 1
    assert [one[:4] for one in column(await office.open(f"{at}?user=boss"), "User")] == ["Boss"]
    assert len(column(await office.open(f"{at}?app=account&range=24h"), "User")) == 2
    assert "No sign-ins match." in (await office.open(f"{at}?kind=servicePrincipal")).text
    await office.days_pass(3)
    assert column(await office.open(f"{at}?result=failed&range=24h"), "User") == []
    await office.days_pass(28)
    assert column(await office.open(f"{at}?result=failed"), "User") == []  # nobody sees rows of more than 30 days


async def test_pages_go_on_and_back(office: Office):
    for _ in range(27):
        await office.sign_in()
    first = await office.open(paths.SIGN_IN_LOGS)
    assert len(column(first, "User")) == 25
    second = await office.browser.follow("Next page")
    assert len(column(second, "User")) == 3
    back = await office.browser.follow("Previous page")
    assert column(back, "Time") == column(first, "Time")


async def test_csv(office: Office):
    await failed(office)
    page = await office.open(f"{paths.SIGN_IN_LOGS}?result=failed")
    answer = await office.open(page.links["Export CSV"])
    [row] = csv.DictReader(io.StringIO(answer.response.text.removeprefix("\ufeff")))
    assert (row["App"], row["Result"], row["Reason"]) == ("My Account", "Failed", "The email or password was wrong.")
    keys = await office.open(f"{log_paths.SIGN_IN_CSV}?headers=keys&result=failed")
    assert keys.response.text.startswith("\ufeffid,createdDateTime,userDisplayName,userPrincipalName,appDisplayName,")
    assert ",failure," in keys.response.text


async def test_the_place_is_the_country_in_the_readers_language(office: Office, tmp_path: Path):
    assert column(await office.open(paths.SIGN_IN_LOGS), "Place") == ["Unknown"]
    file = write_countries(tmp_path / "countries.mmdb", {"127.0.0.0/8": {"country": {"iso_code": "NL"}}})
    office.town.house.countries = Countries(file)
    await failed(office)
    assert column(await office.open(paths.SIGN_IN_LOGS), "Place") == ["Netherlands", "Unknown"]
    answer = await office.open(f"{log_paths.SIGN_IN_CSV}?result=failed")
    [row] = csv.DictReader(io.StringIO(answer.response.text.removeprefix("\ufeff")))
    assert row["Place"] == "Netherlands"
    keys = await office.open(f"{log_paths.SIGN_IN_CSV}?headers=keys&result=failed")
    [row] = csv.DictReader(io.StringIO(keys.response.text.removeprefix("\ufeff")))
    assert row["countryOrRegion"] == "NL"
    await office.sign_in()
    mine = await office.open("/myaccount/sign-ins?lang=nl")
    assert "Nederland" in mine.text


async def test_whose_data_is_removed_is_a_label(office: Office):
    await purged(office, "Ada")
    assert "Ada" not in (await office.open(paths.SIGN_IN_LOGS)).text
