"""Settings from the environment and from a file: which wins, what is refused, and what the refusal says."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.countries import write_countries
from vestibule.actions.credentials import hashed
from vestibule.program import open_program
from vestibule.rules.refusals import Refused
from vestibule.settings import BadSetting, Settings, load

FILE = "VESTIBULE_CONFIG"


def test_without_any_every_setting_has_its_default():
    assert load({}) == Settings()
    assert load({"PATH": "/bin", "vestibule_data": "/x", "VESTIBULE_TEST_ALL": "1"}) == Settings()


def test_each_is_read_from_the_environment():
    found = load(
        {
            "VESTIBULE_DATA": "/srv/data",
            "VESTIBULE_DATABASE_URL": "postgresql://vestibule@db/directory",
            "VESTIBULE_PUBLIC_URL": " https://id.example.org/ ",
            "VESTIBULE_SMTP_URL": "smtps://user:pass%40word@mail.example.org",
            "VESTIBULE_MAIL_FROM": "id@example.org",
            "VESTIBULE_SERVICE_NAME": "Göteborgs gästbok",
            "VESTIBULE_OPERATED_BY": "Example Org",
            "VESTIBULE_KEY_FILE": "/run/secrets/key",
            "VESTIBULE_TRUSTED_PROXIES": "10.0.0.5, 10.1.0.0/16",
            "VESTIBULE_ALLOW_LOOPBACK_TARGETS": "1",
            "VESTIBULE_EXTRA_CA": "/srv/ca.pem",
            "VESTIBULE_METRICS": "yes",
            "VESTIBULE_LOG_LEVEL": "debug",
        }
    )
    assert found == Settings(
        data=Path("/srv/data"),
        database_url="postgresql://vestibule@db/directory",
        public_url="https://id.example.org/",
        smtp_url="smtps://user:pass%40word@mail.example.org",
        mail_from="id@example.org",
        service_name="Göteborgs gästbok",
        operated_by="Example Org",
        key_file="/run/secrets/key",
        trusted_proxies="10.0.0.5, 10.1.0.0/16",
        allow_loopback_targets=True,
        extra_ca="/srv/ca.pem",
        metrics=True,
        log_level="debug",
    )
    assert found.origin == "https://id.example.org"
    assert found.key_path == Path("/run/secrets/key")


def test_the_key_lies_in_the_data_folder_unless_it_is_put_elsewhere():
    assert load({"VESTIBULE_DATA": "/srv"}).key_path == Path("/srv/key-encryption-key")


def test_a_home_folder_is_understood(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert load({"VESTIBULE_DATA": "~/data"}).data == Path("/home/ann/data")


@pytest.mark.parametrize(
    ("word", "meant"), [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("No", False), ("", False)]
)
def test_ways_to_say_true_and_false(word: str, meant: bool):
    assert load({"VESTIBULE_METRICS": word}).metrics is meant


# --- The file ---------------------------------------------------------------------------------------------------------


def written(folder: Path, text: str) -> dict[str, str]:
    """An environment that names a file with this text."""
    path = folder / "vestibule.toml"
    path.write_text(text, encoding="utf-8")
    return {FILE: str(path)}


def test_the_environment_wins_over_the_file(tmp_path: Path):
    environment = written(tmp_path, 'data = "/file"\nlog_level = "error"\nmetrics = true\n')

    found = load(environment | {"VESTIBULE_DATA": "/environment", "VESTIBULE_METRICS": "off"})
    assert (found.data, found.log_level, found.metrics) == (Path("/environment"), "error", False)


def test_a_list_in_the_file_and_names_in_capitals(tmp_path: Path):
    found = load(written(tmp_path, 'TRUSTED_PROXIES = ["10.0.0.5", "::1"]\n'))

    assert found.trusted_proxies == "10.0.0.5,::1"


def test_an_empty_file_and_an_empty_name_of_one_say_nothing(tmp_path: Path):
    assert load(written(tmp_path, "# nothing\n")) == Settings()
    assert load({FILE: ""}) == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("data = ", "is not TOML: "),
        ('dat = "/x"', "there is no setting dat in {path}; the nearest is VESTIBULE_DATA"),
        ('[data]\nfolder = "/x"', "VESTIBULE_DATA is {'folder': '/x'}; say a text"),
        ("log_level = 3", "VESTIBULE_LOG_LEVEL is 3; say a text"),
        ("public_url = true", "VESTIBULE_PUBLIC_URL is True; say a text"),
        ('metrics = "perhaps"', "VESTIBULE_METRICS is 'perhaps'; say true or false"),
        ("trusted_proxies = [1]", "VESTIBULE_TRUSTED_PROXIES is [1]; say a text"),
    ],
)
def test_a_file_that_says_something_wrong(tmp_path: Path, text: str, told: str):
    environment = written(tmp_path, text)
    with pytest.raises(BadSetting) as wrong:
        load(environment)
    assert told.replace("{path}", environment[FILE]) in str(wrong.value)


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path: Path):
    with pytest.raises(BadSetting, match="which cannot be read: No such file"):
        load({FILE: str(tmp_path / "nothing.toml")})
    (tmp_path / "vestibule.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match="is not UTF-8"):
        load({FILE: str(tmp_path / "vestibule.toml")})


# --- Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "id.example.org",
        "http://id.example.org",
        "https://",
        "https://id.example.org/path",
        "https://id.example.org?x",
        "https://id.example.org#x",
        "https://user@id.example.org",
        "https://id.example.org:99999",
        "https://id.example.org:0",
        "https://[",
        "https://id.example\u200b.org",
    ],
)
def test_an_origin_is_https_a_name_and_nothing_more(url: str):
    with pytest.raises(BadSetting, match="VESTIBULE_PUBLIC_URL"):
        load({"VESTIBULE_PUBLIC_URL": url})


@pytest.mark.parametrize("url", ["https://id.example.org", "https://localhost:8443/", "https://[::1]:8443"])
def test_origins(url: str):
    assert load({"VESTIBULE_PUBLIC_URL": url}).origin == url.rstrip("/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA", ""),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL", "/var/lib/vestibule.sqlite"),
        ("SMTP_URL", "mail.example.org"),
        ("SMTP_URL", "http://mail.example.org"),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", "Vestibule <id@example.org>"),
        ("MAIL_FROM", "id@example.org, other@example.org"),
        ("MAIL_FROM", "id@example.org\r\nBcc: all@example.org"),
        ("SERVICE_NAME", ""),
        ("SERVICE_NAME", "Two\nlines"),
        ("OPERATED_BY", "\u202eturned"),
        ("LOG_LEVEL", "loud"),
        ("METRICS", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str):
    with pytest.raises(BadSetting, match=f"VESTIBULE_{name}"):
        load({f"VESTIBULE_{name}": value})


@given(st.text(st.characters(codec="ascii", categories=["Lu", "Nd"]) | st.just("_"), min_size=1, max_size=30))
def test_whatever_the_name_a_known_one_is_suggested(name: str):
    known = {f"VESTIBULE_{one.upper()}" for one in Settings.__slots__}
    variable = f"VESTIBULE_{name}"
    if variable in known | {FILE, "VESTIBULE_TEST_ALL"}:
        return
    with pytest.raises(BadSetting) as wrong:
        load({variable: "x"})
    assert str(wrong.value).rpartition(" ")[2] in known


@pytest.mark.parametrize("content", [None, b"hunter2\npassword\n", b""])
def test_a_list_of_breached_passwords_has_to_be_one(tmp_path: Path, content: bytes | None):
    file = tmp_path / "breached.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadSetting, match="VESTIBULE_BREACHED_PASSWORDS"):
        load({"VESTIBULE_BREACHED_PASSWORDS": str(file)})


async def test_the_file_of_countries_has_to_be_one_and_is_what_places_come_from(tmp_path: Path):
    file = tmp_path / "countries.mmdb"
    for content in (None, b"192.0.2.0/24,NL\n", b""):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(BadSetting, match="VESTIBULE_COUNTRIES"):
            load({"VESTIBULE_COUNTRIES": str(file)})
    write_countries(file, {"192.0.2.0/24": {"country": "NL"}})
    settings = load({"VESTIBULE_DATA": str(tmp_path / "data"), "VESTIBULE_COUNTRIES": str(file)})
    program = await open_program(settings, migrate=True)
    try:
        assert program.house.countries.of("192.0.2.7") == "NL"
    finally:
        await program.close()


async def test_a_breached_password_is_refused_where_the_list_is_named(tmp_path: Path):
    breached = "no song of mine was ever this long"
    digest = hashlib.sha1(breached.encode(), usedforsecurity=False).hexdigest().upper()
    file = tmp_path / "breached.txt"
    file.write_text(f"{digest}:17\n")
    settings = load({"VESTIBULE_DATA": str(tmp_path / "data"), "VESTIBULE_BREACHED_PASSWORDS": str(file)})
    program = await open_program(settings, migrate=True)
    try:
        with pytest.raises(Refused) as refused:
            await hashed(program.passwords, breached)
        assert refused.value.facts["why"] == "isKnown"
        await hashed(program.passwords, breached + "er")
    finally:
        await program.close()
