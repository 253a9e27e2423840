import datetime as dt

import pytest

from vestibule.ground import one_time

SECRET = b"12345678901234567890"  # RFC 6238, appendix B


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert one_time.code_of(SECRET, one_time.step_at(moment)) == code[2:]  # the last six of its eight digits


def test_a_code_is_good_a_step_before_and_after_and_once() -> None:
    now = dt.datetime(2026, 11, 25, 12, 0, 10, tzinfo=dt.UTC)
    here = one_time.step_at(now)
    for step in (here - 1, here, here + 1):
        code = one_time.code_of(SECRET, step)
        assert one_time.matching_step(SECRET, code, now, after=here - 2) == step
        assert one_time.matching_step(SECRET, code, now, after=step) is None
    for step in (here - 2, here + 2):
        assert one_time.matching_step(SECRET, one_time.code_of(SECRET, step), now, after=0) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123 45", "-12345"])
def test_only_six_digits_are_a_code(typed: str) -> None:
    assert one_time.matching_step(SECRET, typed, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), after=0) is None


def test_the_address_for_apps() -> None:
    made = one_time.address(SECRET, issuer="Vestibule & Co", account="adele@contoso.example")
    assert made == (
        "otpauth://totp/Vestibule%20%26%20Co%3Aadele%40contoso.example"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Vestibule%20%26%20Co&digits=6&period=30"
    )
    assert one_time.as_text(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
