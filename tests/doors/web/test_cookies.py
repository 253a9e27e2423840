import pytest
from starlette.responses import Response

from vestibule.doors.web.cookies import LANGUAGE, Wishes, cookie_name, is_loopback, keep_wish, read_wishes
from vestibule.doors.web.frame import Display


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("[::1]", True),
        ("id.example", False),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_names_that_mean_this_machine(host, loopback):
    assert is_loopback(host) is loopback


def test_on_this_machine_the_name_carries_the_port():
    assert cookie_name("session", host="localhost", port=8080) == "__Host-vestibule-8080-session"
    assert cookie_name("session", host="id.example", port=443) == "__Host-vestibule-session"


def test_wishes_are_read_and_nonsense_is_not():
    def cookies(**values: str) -> dict[str, str]:
        return {f"__Host-vestibule-{name}": value for name, value in values.items()}

    read = read_wishes(cookies(language="sv", display="dark", shortcuts="off"), host="id.example", port=443)
    assert read == Wishes("sv", Display.DARK, shortcuts=False)
    assert read_wishes(cookies(display="pink", shortcuts=""), host="id.example", port=443) == Wishes()
    assert read_wishes(cookies(language="sv"), host="localhost", port=8080) == Wishes()


def test_a_wish_is_kept_for_a_year_out_of_reach_of_scripts():
    response = Response()
    keep_wish(response, LANGUAGE, "nl", host="localhost", port=8443)
    assert response.headers["set-cookie"] == (
        "__Host-vestibule-8443-language=nl; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax; Secure"
    )
