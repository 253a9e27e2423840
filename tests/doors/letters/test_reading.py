"""Links and code come back out of each letter exactly, in each language, and out of nothing that somebody typed."""

import pytest

from tests.doors.letters.examples import EXAMPLES, FABRIKAM, NOW, SITE, written
from vestibule.doors.letters import kinds
from vestibule.doors.letters.kinds import LetterKind
from vestibule.doors.web.letter_reading import extract_code, extract_links, parse, read
from vestibule.doors.web.words import NAMES

ACCEPT = f"{SITE}/invitations/nVn3cR0j1mYb6r8T"
BLOCK = f"{SITE}/unsubscribe?key=eyJvIjoiNSJ9.c2ln"
ORGANIZATIONS = f"{SITE}/myaccount/organizations"
RECEIPT = f"{SITE}/myaccount/receipts/01932f5c?key=a1b2"
RESTORE = f"{SITE}/myaccount/receipts/01932f5c/request-restore?key=a1b2"
PRIVACY = "https://fabrikam.example/privacy"
DIGEST = (
    f"{SITE}/admin/users/deleted",
    f"{SITE}/admin/#needs-attention",
    f"{SITE}/admin/external-identities/collaboration",
)

DATA_REQUEST = f"{SITE}/data-request/fabrikam.example/01932f5c?key=a1b2"
REVIEW = f"{SITE}/myaccount/access-reviews?tenantId=0a1b"
LINKS = {
    "invitation": (ACCEPT, BLOCK, PRIVACY),
    "invitation-by-app": (ACCEPT, BLOCK),
    "invitation-nothing-to-do": (ACCEPT, ORGANIZATIONS, BLOCK, PRIVACY),
    "invitation-nothing-to-do-by-app": (ACCEPT, ORGANIZATIONS, BLOCK),
    "passcode": (),
    "review-asked": (REVIEW, PRIVACY),
    "review-reminder": (REVIEW,),
    "review-asked-about-oneself": (REVIEW, PRIVACY),
    "review-reminder-about-oneself": (REVIEW,),
    "review-completed": (f"{SITE}/admin/access-reviews/0a1b", PRIVACY),
    "method-added": (),
    "passkey-added": (),
    "codes-made": (),
    "password-changed": (),
    "password-given": (),
    "signed-out-everywhere": (),
    "signed-out-by-an-administrator": (),
    "method-removed": (),
    "method-every-removed": (),
    "passkey-removed": (),
    "passcode-anywhere": (),
    "you-left": (RESTORE, RECEIPT, PRIVACY),
    "you-left-direct-connect": (RECEIPT, PRIVACY),
    "removal-request-received": (ORGANIZATIONS, PRIVACY),
    "removal-request-answered": (ORGANIZATIONS, PRIVACY),
    "erasure-request-received": (ORGANIZATIONS, PRIVACY),
    "request-extended": (ORGANIZATIONS, PRIVACY),
    "erasure-refused": (ORGANIZATIONS, PRIVACY),
    "data-request-code": (),
    "data-request-received": (DATA_REQUEST, PRIVACY),
    "data-request-extended": (DATA_REQUEST, PRIVACY),
    "data-request-refused": (PRIVACY,),
    "data-request-copy": (DATA_REQUEST, PRIVACY),
    "data-request-nothing": (),
    "data-request-removed": (PRIVACY,),
    "admin-data-requested": (f"{SITE}/admin/requests/01932f5c/data", PRIVACY),
    "admin-erasure-asked": (f"{SITE}/admin/requests/01932f5c-0000-7000-8000-000000000001/erasure", PRIVACY),
    "account-restored": (ORGANIZATIONS, PRIVACY),
    "account-restored-disabled": (ORGANIZATIONS,),
    "permanently-deleted": (PRIVACY,),
    "permanently-deleted-by-administrator": (),
    "permanently-deleted-as-asked": (PRIVACY,),
    "data-removed": (PRIVACY,),
    "admin-removal-asked": (f"{SITE}/admin/users/01932f5c-0000-7000-8000-000000000001", PRIVACY),
    "admin-removal-asked-without-name": (f"{SITE}/admin/users/01932f5c-0000-7000-8000-000000000001",),
    "admin-restore-asked": (f"{SITE}/admin/users/deleted?search=adele", PRIVACY),
    "new-invitation-asked": (f"{SITE}/admin/users/01932f5c-0000-7000-8000-000000000001", PRIVACY),
    "guest-digest": (*DIGEST, PRIVACY),
    "guest-digest-day": (*DIGEST, PRIVACY),
    "export-ready": (f"{SITE}/admin/jobs/2b1f5c1e-8c00-4000-8000-00000000002a", PRIVACY),
    "deadline-at-risk": (f"{SITE}/admin/data-removal", PRIVACY),
}


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_links_in_order_of_appearance(example, language):
    message = parse(written(example, language=language))
    assert extract_links(message) == LINKS[example]


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_only_a_passcode_has_a_code(example, language):
    code = "04719382" if example.startswith(("passcode", "data-request-code")) else None
    assert extract_code(parse(written(example, language=language))) == code


def test_every_link_of_the_html_is_one_of_the_text():
    for example in EXAMPLES:
        letter = read(written(example))
        assert letter.html.count("href=") == len(letter.links)
        for link in letter.links:
            assert f'href="{link.replace("&", "&amp;")}"' in letter.html


def test_links_and_codes_that_somebody_typed_are_not_taken_for_ours():
    typed = "https://evil.example/\n1234 5678\nhttps://evil.example/accept"
    facts = kinds.InvitationFacts(
        **FABRIKAM | {"organization": "https://evil.example/org"},
        inviter=kinds.Mailbox(name="https://evil.example/me", address="ana@fabrikam.example"),
        message=typed,
        redirect_url="https://evil.example/landing",
        accept_link=ACCEPT,
        block_link=BLOCK,
        valid_until=NOW,
    )
    letter = read(written((LetterKind.INVITATION, facts)))
    assert (letter.links, letter.code) == ((ACCEPT, BLOCK, PRIVACY), None)
    assert 'href="https://evil' not in letter.html
    assert "> https://evil.example/accept" in letter.text


def test_a_letter_taken_apart():
    letter = read(written("passcode"))
    assert (letter.to, letter.subject, letter.code) == ("adele@contoso.example", "Your code for Fabrikam", "04719382")
    assert letter.text.splitlines()[2] == "0471 9382"
    assert letter.html.count("0471 9382") == 1
    assert set(letter.headers) == {
        "Content-Type",
        "MIME-Version",
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Auto-Submitted",
        "Content-Language",
    }


def test_a_foreign_message_has_neither():
    message = parse(b"Subject: hello\r\n\r\nno 12345678 and https://evil.example/ here\r\n")
    assert (extract_links(message), extract_code(message)) == ((), None)
