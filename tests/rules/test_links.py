"""Links: nothing passes that two readers could read in two ways."""

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.links import invite_redirect, privacy_statement, read_link
from vestibule.rules.refusals import Reason, Refused

NASTY = [
    "",
    " https://contoso.example",
    "https://contoso.example ",
    "https://contoso.example/\n",
    "https:contoso.example",
    "https:/contoso.example",
    "https:///contoso.example",
    "//contoso.example/x",
    "/privacy",
    "contoso.example/privacy",
    "javascript:alert(1)",
    "javascript://contoso.example/%0aalert(1)",
    "java\tscript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "\x01javascript:alert(1)",
    "java&#9;script:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "ht\ntps://contoso.example",
    "https://ann@contoso.example/",
    "https://ann:secret@contoso.example/",
    "https://contoso.example@evil.test/",
    "https://contoso.example\\@evil.test/",
    "https:\\\\contoso.example/",
    "https://contoso.example\\.evil.test/",
    "https://contoso.example:0/",
    "https://contoso.example:65536/",
    "https://contoso.example:/",
    "https://contoso.example:80x/",
    "https://contoso.example./",
    "https://contoso..example/",
    "https://-contoso.example/",
    "https://intranet/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://256.1.1.1/",
    "https://01.2.3.4/",
    "https://[::1/",
    "https://[::g]/",
    "https://[1:2:3:4:5:6:7:8:9]/",
    "https://[::1::2]/",
    "https://[1:2]/",
    "https://[::1%25eth0]/",
    "https://[]/",
    "https://xn--zz--.example/",
    "https://cüre53.de/",
    "https://contoso.example/ö",
    "https://contoso.example/a b",
    'https://contoso.example/"onmouseover="x',
    "https://contoso.example/<script>",
    "https://contoso.example/%",
    "https://contoso.example/%2",
    "https://contoso.example/%zz",
    "https://contoso.example/[x]",
    "https://contoso.example/#a#b",
    "https://contoso.example/\u202egnp.exe",
]


@pytest.mark.parametrize("text", NASTY)
def test_nothing_nasty_is_a_web_link(text: str):
    with pytest.raises(Refused) as statement:
        privacy_statement(text, plain_http=True)
    assert statement.value.reason is Reason.BAD_VALUE
    assert statement.value.facts["property"] == "statementUrl"
    with pytest.raises(Refused) as redirect:
        invite_redirect(text)
    assert redirect.value.facts["property"] == "inviteRedirectUrl"


@pytest.mark.parametrize(
    "text",
    [
        "https://contoso.example",
        "https://contoso.example/privacy?lang=sv&v=2#guests",
        "HTTPS://Contoso.Example/Privacy",
        "https://contoso.example:8443/a/b;c=d/@e,f",
        "https://xn--cre53-kva.de/%C3%A5",
        "https://192.0.2.7/privacy",
        "https://[2001:db8::7]/privacy",
        "https://[::ffff:192.0.2.7]:8443/",
    ],
)
def test_plain_https_passes_everywhere(text: str):
    assert privacy_statement(text, plain_http=False) == text
    assert privacy_statement(text, plain_http=True) == text
    assert invite_redirect(text) == text


def test_a_privacy_statement_on_plain_http_passes_only_where_graph_allows_it():
    assert privacy_statement("http://contoso.example/", plain_http=True) == "http://contoso.example/"
    with pytest.raises(Refused):
        privacy_statement("http://contoso.example/", plain_http=False)
    for other in ("ftp://contoso.example/", "wss://contoso.example/", "javascript://contoso.example/"):
        with pytest.raises(Refused):
            privacy_statement(other, plain_http=True)


def test_a_privacy_statement_has_at_most_255_characters():
    longest = "https://contoso.example/" + "a" * (255 - 24)
    assert len(longest) == 255
    assert privacy_statement(longest, plain_http=True) == longest
    with pytest.raises(Refused):
        privacy_statement(longest + "a", plain_http=True)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:5000/cb",
        "http://LOCALHOST/",
        "http://127.0.0.1:8400/x",
        "http://127.9.9.9/",
        "http://[::1]:5000/",
    ],
)
def test_plain_http_may_lead_to_the_own_machine(text: str):
    assert invite_redirect(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "http://contoso.example/",
        "http://localhost.evil.test/",
        "http://127.0.0.1.evil.test/",
        "http://128.0.0.1/",
        "http://[::2]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "myapp://localhost/",
    ],
)
def test_and_nowhere_else(text: str):
    with pytest.raises(Refused):
        invite_redirect(text)


def test_a_very_long_redirect_is_refused():
    with pytest.raises(Refused):
        invite_redirect("https://contoso.example/" + "a" * 2048)


@given(st.text(st.sampled_from(string.printable + "üé\u202e"), max_size=40).map("https://contoso.example".__add__))
def test_what_passes_means_the_same_to_another_reader(text: str):
    link = read_link(text)
    if link is not None:
        other = urlsplit(text)
        assert (link.scheme, link.host, link.port) == (other.scheme, other.hostname, other.port)
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(' "<>\\^`{|}')


@given(st.ip_addresses())
def test_every_ip_address_in_its_plain_form_is_a_host(address):
    host = str(address) if address.version == 4 else f"[{address}]"
    found = read_link(f"https://{host}/")
    assert found is not None
    assert found.is_loopback == (address.is_loopback and getattr(address, "ipv4_mapped", None) is None)
