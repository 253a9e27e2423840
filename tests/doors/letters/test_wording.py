"""What the letters say: the sentences of the glossary word for word, the dates in the reader's zone."""

from datetime import UTC, datetime

import pytest

from tests.doors.letters.examples import EXAMPLES, FABRIKAM, NOW, SITE, written
from vestibule.doors.letters import kinds
from vestibule.doors.letters.kinds import LetterKind
from vestibule.doors.letters.wording import Wording
from vestibule.doors.web.letter_reading import read

GLOSSARY = {
    "invitation": [
        (
            "Only accept an invitation you expected.",
            "Accepteer alleen een uitnodiging die u verwachtte.",
            "Acceptera bara en inbjudan som du väntade dig.",
        ),
        ("Accept invitation", "Uitnodiging accepteren", "Acceptera inbjudan"),
        ("Block future invitations", "Toekomstige uitnodigingen blokkeren", "Blockera framtida inbjudningar"),
    ],
    "invitation-nothing-to-do": [
        (
            "You can leave an organization on your own, without contacting an administrator.",
            "U kunt een organisatie zelf verlaten, zonder contact op te nemen met een beheerder.",
            "Du kan lämna en organisation på egen hand, utan att kontakta en administratör.",
        ),
        ("Leave Fabrikam", "Verlaten: Fabrikam", "Lämna Fabrikam"),
    ],
    "invitation-nothing-to-do-by-app": [
        ("Manage organizations", "Organisaties beheren", "Hantera organisationer"),
    ],
    "passcode": [
        (
            "Didn't ask for this? You can ignore this email.",
            "Niet aangevraagd? Dan kunt u deze e-mail negeren.",
            "Har du inte begärt koden kan du strunta i det här mejlet.",
        ),
        (
            "The code is valid until 19:10 UTC.",
            "De code is geldig tot 19:10 UTC.",
            "Koden gäller till 19:10 UTC.",
        ),
    ],
    "you-left": [
        (
            (
                "Fabrikam can restore your account, with its groups and permissions, if you ask. "
                "You can't undo this yourself."
            ),
            (
                "Op uw verzoek kan Fabrikam uw account herstellen, met de groepen en machtigingen. "
                "U kunt dit niet zelf ongedaan maken."
            ),
            (
                "Fabrikam kan återställa ditt konto med grupper och behörigheter om du ber om det. "
                "Du kan inte ångra det själv."
            ),
        ),
        (
            "Privacy contact: privacy@fabrikam.example",
            "Contactpersoon voor privacy: privacy@fabrikam.example",
            "Integritetskontakt: privacy@fabrikam.example",
        ),
        ("Reference: VL-7K2M-9QRT", "Referentie: VL-7K2M-9QRT", "Referens: VL-7K2M-9QRT"),
        ("View receipt", "Ontvangstbewijs bekijken", "Visa kvitto"),
        (
            "Left on: 20 November 2026 at 19:00 UTC",
            "Vertrokken op: 20 november 2026 om 19:00 UTC",
            "Lämnade den: 20 november 2026 kl. 19:00 UTC",
        ),
        (
            "Can be restored until: 20 December 2026 at 19:00 UTC",
            "Kan worden hersteld tot: 20 december 2026 om 19:00 UTC",
            "Kan återställas till: 20 december 2026 kl. 19:00 UTC",
        ),
        (
            "Data removed by: 19 January 2027 at 19:00 UTC",
            "Gegevens verwijderd uiterlijk: 19 januari 2027 om 19:00 UTC",
            "Data borttagna senast: 19 januari 2027 kl. 19:00 UTC",
        ),
        (
            "Wasn't this you, or changed your mind?",
            "Was u dit niet, of hebt u zich bedacht?",
            "Var det inte du, eller har du ändrat dig?",
        ),
        (
            "Ask Fabrikam to restore my account",
            "Fabrikam vragen mijn account te herstellen",
            "Be Fabrikam att återställa mitt konto",
        ),
    ],
    "you-left-direct-connect": [
        (
            "Data removal starts straight away. This can't be undone.",
            "De verwijdering van uw gegevens begint meteen. Dit kan niet ongedaan worden gemaakt.",
            "Borttagningen av dina data börjar direkt. Det går inte att ångra.",
        ),
    ],
    "account-restored": [
        ("You don't have to do anything.", "U hoeft niets te doen.", "Du behöver inte göra något."),
        (
            "- 7 groups: North wing, Visitors, Site safety and 4 more",
            "- 7 groepen: North wing, Visitors, Site safety en nog 4",
            "- 7 grupper: North wing, Visitors, Site safety och 4 till",
        ),
    ],
    "account-restored-disabled": [
        (
            "Litware has not provided a privacy statement.",
            "Litware heeft geen privacyverklaring opgegeven.",
            "Litware har inte angett någon integritetspolicy.",
        ),
    ],
    "permanently-deleted": [
        (
            "The 30 days in which Fabrikam could restore your account ended on 20 December 2026 at 19:00 UTC.",
            "De 30 dagen waarin Fabrikam uw account kon herstellen, zijn verstreken op 20 december 2026 om 19:00 UTC.",
            "De 30 dagar då Fabrikam kunde återställa ditt konto tog slut den 20 december 2026 kl. 19:00 UTC.",
        ),
    ],
    "permanently-deleted-by-administrator": [
        (
            "An administrator of Litware permanently deleted your account.",
            "Een beheerder van Litware heeft uw account definitief verwijderd.",
            "En administratör för Litware har tagit bort ditt konto permanent.",
        ),
    ],
}


@pytest.mark.parametrize("example", GLOSSARY)
def test_sentences_word_for_word(example):
    for position, language in enumerate(("en", "nl", "sv")):
        lines = read(written(example, language=language)).text.splitlines()
        assert [said[position] for said in GLOSSARY[example] if said[position] not in lines] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_foot_says_why_and_who(example):
    foot = read(written(example)).text.rpartition("\n---\n")[2].strip().splitlines()
    assert foot[0].startswith("You got this email because ")
    assert foot[2] == "Vestibule is operated by Northwind Traders."
    if example.startswith(
        ("passcode", "data-request-code", "method-", "passkey-", "codes-", "password-", "signed-out-")
    ):
        assert len(foot) == 3
    else:
        assert foot[4] in {"Privacy statement of Fabrikam", "Litware has not provided a privacy statement."}


def test_direct_connect_is_not_offered_a_way_back():
    text = read(written("you-left-direct-connect")).text
    assert "restore" not in text
    assert "Tell Fabrikam at once." in text


def test_dates_are_in_the_readers_zone_with_its_short_name():
    letter = read(written("you-left", time_zone="Europe/Amsterdam", language="nl"))
    assert "Vertrokken op: 20 november 2026 om 20:00 CET" in letter.text
    assert "20 november 2026 om 20:00 CET" in letter.html


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("UTC", datetime(2026, 12, 20, 19, tzinfo=UTC), "20 December 2026 at 19:00 UTC"),
        ("Europe/Stockholm", datetime(2026, 7, 1, 7, 3, tzinfo=UTC), "1 July 2026 at 09:03 CEST"),
        ("Asia/Kolkata", datetime(2026, 12, 31, 20, tzinfo=UTC), "1 January 2027 at 01:30 IST"),
        ("America/Sao_Paulo", datetime(2026, 12, 20, 2, tzinfo=UTC), "19 December 2026 at 23:00 UTC-03"),
        ("Nowhere/Land", datetime(2026, 12, 20, 19, tzinfo=UTC), "20 December 2026 at 19:00 UTC"),
        ("../etc/passwd", datetime(2026, 12, 20, 19, tzinfo=UTC), "20 December 2026 at 19:00 UTC"),
        ("", datetime(2026, 12, 20, 19, tzinfo=UTC), "20 December 2026 at 19:00 UTC"),
    ],
)
def test_moments(zone, moment, shown):
    assert Wording("en", zone).moment(moment) == shown


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Wording("en", "UTC").moment(datetime(2026, 12, 20, 19))  # noqa: DTZ001 - the point


def test_a_language_that_is_not_shipped_is_refused():
    with pytest.raises(ValueError, match="en, nl, sv"):
        Wording("de", "UTC")


def test_long_lists_name_five_and_count_the_rest():
    words = Wording("en", "UTC")
    assert words.series(["A"], of=1) == "A"
    assert words.series(["A", "B", "C"], of=3) == "A, B and C"
    assert words.series(list("ABCDEFG"), of=7) == "A, B, C, D, E and 2 more"
    assert words.series(["A"], of=1_200) == "A and 1,199 more"


def test_an_inviter_without_a_name_is_named_by_address():
    facts = kinds.InvitationFacts(
        **FABRIKAM,
        inviter=kinds.Mailbox(name=" \u202e ", address="ana@fabrikam.example"),
        accept_link=f"{SITE}/invitations/x",
        block_link=f"{SITE}/unsubscribe",
        valid_until=NOW,
    )
    letter = read(written((LetterKind.INVITATION, facts)))
    assert letter.subject == "ana@fabrikam.example invited you to Fabrikam"
    assert "ana@fabrikam.example invites you to work together with Fabrikam (fabrikam.example)." in letter.text


def test_an_organization_without_a_visible_name_is_named_by_domain():
    facts = kinds.DataRemovedFacts(organization="\u200b", domain="litware.example", removed_at=NOW)
    assert read(written((LetterKind.DATA_REMOVED, facts))).subject == "Your data in litware.example was removed"
