"""The operator's own name, colour and picture: measured, harmless, and in place of ours everywhere."""

from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from tests.doors.web.test_contrast import PAIRS, TOKENS, contrast
from vestibule.doors.web import accent, logo
from vestibule.doors.web.static_files import StaticFiles
from vestibule.settings import BadSetting, load

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(colours, st.none() | colours)
def test_whatever_colour_is_asked_for_every_pair_of_every_page_can_be_read(light: str, dark: str | None):
    shades = accent.accent(light if dark is None else f"{light} {dark}").shades
    tokens = TOKENS | {name: tuple(pair) for name, pair in shades.items()}
    for front, back, least in PAIRS:
        for theme in (0, 1):
            assert contrast(tokens[front][theme], tokens[back][theme]) >= least, (front, back, theme)


def test_the_ordinary_shades_are_those_of_the_stylesheet():
    for shades in (accent.STANDARD, accent.GROUNDS, accent.TEXTS):
        assert {name: tuple(pair) for name, pair in shades.items()} == {name: TOKENS[name] for name in shades}


def test_a_colour_that_can_be_read_is_used_as_it_is():
    used = accent.accent("#0f6cbd, #FFD166")
    assert used.refused == ()
    assert used.shades["accent"] == ("#0f6cbd", "#ffd166")
    assert "--accent:light-dark(#0f6cbd,#ffd166);" in used.style()


def test_a_colour_that_cannot_be_read_is_left_out_in_that_theme_only():
    used = accent.accent("#ffee00")
    assert used.shades["accent"] == (accent.STANDARD["accent"].light, "#ffee00")
    assert {weak.theme for weak in used.refused} == {"light"}


@pytest.mark.parametrize("setting", ["blue", "#12345", "#123456 #123456 #123456", "#12345g", "red;}body{x:y"])
def test_what_is_no_colour_is_a_bad_setting(setting: str):
    with pytest.raises(BadSetting, match=r"VESTIBULE_ACCENT.*#0f6cbd"):
        load({"VESTIBULE_ACCENT": setting})


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("missing.svg", None, "cannot be read"),
        ("large.png", PNG + bytes(logo.LARGEST), "larger than 32 KiB"),
        ("page.html", b"<html></html>", "neither an SVG nor a PNG"),
        ("text.svg", b"<svg\xff", "neither an SVG nor a PNG"),
    ],
)
def test_what_is_no_picture_is_a_bad_setting(tmp_path: Path, name: str, body: bytes | None, why: str):
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(BadSetting, match=why):
        load({"VESTIBULE_LOGO": str(tmp_path / name)})


async def test_a_picture_is_served_as_one_that_can_do_nothing(tmp_path: Path):
    (tmp_path / "own.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    static = StaticFiles(logo=logo.read(load({"VESTIBULE_LOGO": str(tmp_path / "own.svg")}).logo))
    assert static.logo is not None
    async with AsyncClient(
        transport=ASGITransport(Starlette(routes=[static.route()])), base_url="http://here"
    ) as browser:
        answer = await browser.get(static.logo)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_without_settings_nothing_is_added():
    assert StaticFiles().logo is None
    assert StaticFiles().url("vestibule.css") == StaticFiles(accent=accent.accent("")).url("vestibule.css")
    assert StaticFiles().url("vestibule.css") != StaticFiles(accent=accent.accent("#0f6cbd")).url("vestibule.css")
