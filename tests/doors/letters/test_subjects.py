"""Who a letter comes from, whom an answer goes to, and what it is called: exact, in each language."""

import pytest

from tests.doors.letters.examples import EXAMPLES, written
from vestibule.actions import posting
from vestibule.doors.letters.kinds import FACTS, LetterKind
from vestibule.doors.web.letter_reading import read

ADDED = ("A sign-in method was added", "Er is een aanmeldmethode toegevoegd", "En inloggningsmetod har lagts till")
REMOVED = ("A sign-in method was removed", "Er is een aanmeldmethode verwijderd", "En inloggningsmetod har tagits bort")
SUBJECTS = {
    "invitation": (
        "Ana Silva invited you to Fabrikam",
        "Ana Silva heeft u uitgenodigd voor Fabrikam",
        "Ana Silva har bjudit in dig till Fabrikam",
    ),
    "invitation-by-app": (
        "Litware invited you to Litware",
        "Litware heeft u uitgenodigd voor Litware",
        "Litware har bjudit in dig till Litware",
    ),
    "invitation-nothing-to-do": (
        "You now have access to Fabrikam",
        "U hebt nu toegang tot Fabrikam",
        "Du har nu åtkomst till Fabrikam",
    ),
    "invitation-nothing-to-do-by-app": (
        "You now have access to Litware",
        "U hebt nu toegang tot Litware",
        "Du har nu åtkomst till Litware",
    ),
    "passcode": ("Your code for Fabrikam", "Uw code voor Fabrikam", "Din kod för Fabrikam"),
    "review-asked": (
        "Fabrikam asks you who still needs access",
        "Fabrikam vraagt u wie nog toegang nodig heeft",
        "Fabrikam frågar dig vem som fortfarande behöver åtkomst",
    ),
    "review-reminder": (
        "Reminder: Litware asks you who still needs access",
        "Herinnering: Litware vraagt u wie nog toegang nodig heeft",
        "Påminnelse: Litware frågar dig vem som fortfarande behöver åtkomst",
    ),
    "review-asked-about-oneself": (
        "Do you still need access to Fabrikam?",
        "Hebt u nog toegang tot Fabrikam nodig?",
        "Behöver du fortfarande åtkomst till Fabrikam?",
    ),
    "review-reminder-about-oneself": (
        "Reminder: do you still need access to Litware?",
        "Herinnering: hebt u nog toegang tot Litware nodig?",
        "Påminnelse: behöver du fortfarande åtkomst till Litware?",
    ),
    "review-completed": (
        "An access review of Fabrikam has ended",
        "Een toegangsbeoordeling van Fabrikam is beëindigd",
        "En åtkomstgranskning hos Fabrikam har avslutats",
    ),
    "method-added": (
        "A sign-in method was added",
        "Er is een aanmeldmethode toegevoegd",
        "En inloggningsmetod har lagts till",
    ),
    "passkey-added": (
        "A sign-in method was added",
        "Er is een aanmeldmethode toegevoegd",
        "En inloggningsmetod har lagts till",
    ),
    "codes-made": (
        "A sign-in method was added",
        "Er is een aanmeldmethode toegevoegd",
        "En inloggningsmetod har lagts till",
    ),
    "password-changed": ("Your password was changed", "Uw wachtwoord is gewijzigd", "Ditt lösenord har ändrats"),
    "password-given": ("Your password was changed", "Uw wachtwoord is gewijzigd", "Ditt lösenord har ändrats"),
    "signed-out-everywhere": ("You were signed out everywhere", "U bent overal afgemeld", "Du har loggats ut överallt"),
    "signed-out-by-an-administrator": (
        "You were signed out everywhere",
        "U bent overal afgemeld",
        "Du har loggats ut överallt",
    ),
    "method-removed": (
        "A sign-in method was removed",
        "Er is een aanmeldmethode verwijderd",
        "En inloggningsmetod har tagits bort",
    ),
    "method-every-removed": (
        "A sign-in method was removed",
        "Er is een aanmeldmethode verwijderd",
        "En inloggningsmetod har tagits bort",
    ),
    "passkey-removed": (
        "A sign-in method was removed",
        "Er is een aanmeldmethode verwijderd",
        "En inloggningsmetod har tagits bort",
    ),
    "passcode-anywhere": ("Your code for Vestibule", "Uw code voor Vestibule", "Din kod för Vestibule"),
    "you-left": ("You left Fabrikam", "U hebt Fabrikam verlaten", "Du har lämnat Fabrikam"),
    "you-left-direct-connect": ("You left Fabrikam", "U hebt Fabrikam verlaten", "Du har lämnat Fabrikam"),
    "removal-request-received": (
        "We sent your request to Fabrikam",
        "We hebben uw verzoek naar Fabrikam gestuurd",
        "Vi skickade din begäran till Fabrikam",
    ),
    "removal-request-answered": (
        "Fabrikam answered your request",
        "Fabrikam heeft uw verzoek beantwoord",
        "Fabrikam har svarat på din begäran",
    ),
    "erasure-request-received": (
        "We sent your request to Fabrikam",
        "We hebben uw verzoek naar Fabrikam gestuurd",
        "Vi skickade din begäran till Fabrikam",
    ),
    "request-extended": (
        "Fabrikam needs more time for your request",
        "Fabrikam heeft meer tijd nodig voor uw verzoek",
        "Fabrikam behöver mer tid för din begäran",
    ),
    "erasure-refused": (
        "Fabrikam answered your request",
        "Fabrikam heeft uw verzoek beantwoord",
        "Fabrikam har svarat på din begäran",
    ),
    "data-request-code": (
        "Your code for a request to Fabrikam",
        "Uw code voor een verzoek aan Fabrikam",
        "Din kod för en begäran till Fabrikam",
    ),
    "data-request-received": (
        "We sent your request to Fabrikam",
        "We hebben uw verzoek naar Fabrikam gestuurd",
        "Vi skickade din begäran till Fabrikam",
    ),
    "data-request-extended": (
        "Fabrikam needs more time for your request",
        "Fabrikam heeft meer tijd nodig voor uw verzoek",
        "Fabrikam behöver mer tid för din begäran",
    ),
    **dict.fromkeys(
        ("data-request-refused", "data-request-copy", "data-request-removed"),
        (
            "Fabrikam answered your request",
            "Fabrikam heeft uw verzoek beantwoord",
            "Fabrikam har svarat på din begäran",
        ),
    ),
    "data-request-nothing": (
        "Litware answered your request",
        "Litware heeft uw verzoek beantwoord",
        "Litware har svarat på din begäran",
    ),
    "admin-data-requested": (
        "Someone asks Fabrikam about their data",
        "Iemand vraagt Fabrikam naar eigen gegevens",
        "Någon frågar Fabrikam om sina data",
    ),
    "admin-erasure-asked": (
        "A guest asks Fabrikam to remove their data",
        "Een gast vraagt Fabrikam om gegevens te verwijderen",
        "En gäst ber Fabrikam att ta bort sina data",
    ),
    "account-restored": (
        "Fabrikam restored your account",
        "Fabrikam heeft uw account hersteld",
        "Fabrikam har återställt ditt konto",
    ),
    "account-restored-disabled": (
        "Litware restored your account",
        "Litware heeft uw account hersteld",
        "Litware har återställt ditt konto",
    ),
    "permanently-deleted": (
        "Your account in Fabrikam was permanently deleted",
        "Uw account bij Fabrikam is definitief verwijderd",
        "Ditt konto hos Fabrikam har tagits bort permanent",
    ),
    "permanently-deleted-by-administrator": (
        "Your account in Litware was permanently deleted",
        "Uw account bij Litware is definitief verwijderd",
        "Ditt konto hos Litware har tagits bort permanent",
    ),
    "permanently-deleted-as-asked": (
        "Your account in Fabrikam was permanently deleted",
        "Uw account bij Fabrikam is definitief verwijderd",
        "Ditt konto hos Fabrikam har tagits bort permanent",
    ),
    "data-removed": (
        "Your data in Fabrikam was removed",
        "Uw gegevens bij Fabrikam zijn verwijderd",
        "Dina data hos Fabrikam har tagits bort",
    ),
    "admin-removal-asked": (
        "A guest asks Fabrikam to remove their account (VL-7K2M-9QRT)",
        "Een gast vraagt Fabrikam het account te verwijderen (VL-7K2M-9QRT)",
        "En gäst ber Fabrikam att ta bort kontot (VL-7K2M-9QRT)",
    ),
    "admin-removal-asked-without-name": (
        "A guest asks Litware to remove their account",
        "Een gast vraagt Litware het account te verwijderen",
        "En gäst ber Litware att ta bort kontot",
    ),
    "admin-restore-asked": (
        "A guest asks Fabrikam to restore their account (VL-7K2M-9QRT)",
        "Een gast vraagt Fabrikam het account te herstellen (VL-7K2M-9QRT)",
        "En gäst ber Fabrikam att återställa kontot (VL-7K2M-9QRT)",
    ),
    "new-invitation-asked": (
        "A guest asks for a new invitation to Fabrikam",
        "Een gast vraagt om een nieuwe uitnodiging voor Fabrikam",
        "En gäst ber om en ny inbjudan till Fabrikam",
    ),
    "guest-digest": (
        "Fabrikam: 4 guests left this week",
        "Fabrikam: 4 gasten zijn deze week vertrokken",
        "Fabrikam: 4 gäster lämnade den här veckan",
    ),
    "guest-digest-day": (
        "Fabrikam: 1 guest left today",
        "Fabrikam: 1 gast is vandaag vertrokken",
        "Fabrikam: 1 gäst lämnade i dag",
    ),
    "export-ready": (
        "Your export from Fabrikam is ready",
        "Uw export uit Fabrikam is klaar",
        "Din export från Fabrikam är klar",
    ),
    "deadline-at-risk": (
        "Data removal for 3 people is due by 20 December 2026",
        "De gegevens van 3 personen moeten uiterlijk 20 december 2026 zijn verwijderd",
        "Data för 3 personer ska vara borttagna senast 20 december 2026",
    ),
}

SERVICE = "Vestibule <no-reply@vestibule.example>"
FABRIKAM = "Fabrikam via Vestibule <no-reply@vestibule.example>"
LITWARE = "Litware via Vestibule <no-reply@vestibule.example>"
ANA = "Ana Silva <ana@fabrikam.example>"
ADELE = "Adele Vance <adele@contoso.example>"
CONTACT = "Fabrikam <privacy@fabrikam.example>"

MAILBOXES = {
    "invitation": (FABRIKAM, ANA),
    "invitation-by-app": (LITWARE, None),
    "invitation-nothing-to-do": (FABRIKAM, ANA),
    "invitation-nothing-to-do-by-app": (LITWARE, None),
    "passcode": (SERVICE, None),
    "review-asked": (SERVICE, None),
    "review-reminder": (SERVICE, None),
    "review-asked-about-oneself": (SERVICE, None),
    "review-reminder-about-oneself": (SERVICE, None),
    "review-completed": (SERVICE, None),
    "method-added": (SERVICE, None),
    "passkey-added": (SERVICE, None),
    "codes-made": (SERVICE, None),
    "password-changed": (SERVICE, None),
    "password-given": (SERVICE, None),
    "signed-out-everywhere": (SERVICE, None),
    "signed-out-by-an-administrator": (SERVICE, None),
    "method-removed": (SERVICE, None),
    "method-every-removed": (SERVICE, None),
    "passkey-removed": (SERVICE, None),
    "passcode-anywhere": (SERVICE, None),
    "you-left": (FABRIKAM, CONTACT),
    "you-left-direct-connect": (FABRIKAM, CONTACT),
    "removal-request-received": (SERVICE, None),
    "removal-request-answered": (FABRIKAM, CONTACT),
    "erasure-request-received": (SERVICE, None),
    "request-extended": (FABRIKAM, CONTACT),
    "erasure-refused": (FABRIKAM, CONTACT),
    "admin-erasure-asked": (SERVICE, ADELE),
    "data-request-code": (SERVICE, None),
    "data-request-received": (SERVICE, None),
    "data-request-extended": (FABRIKAM, CONTACT),
    "data-request-refused": (FABRIKAM, CONTACT),
    "data-request-copy": (FABRIKAM, CONTACT),
    "data-request-nothing": (LITWARE, None),
    "data-request-removed": (FABRIKAM, CONTACT),
    "admin-data-requested": (SERVICE, None),
    "account-restored": (FABRIKAM, CONTACT),
    "account-restored-disabled": (LITWARE, None),
    "permanently-deleted": (FABRIKAM, CONTACT),
    "permanently-deleted-by-administrator": (LITWARE, None),
    "permanently-deleted-as-asked": (FABRIKAM, CONTACT),
    "data-removed": (SERVICE, None),
    "admin-removal-asked": (SERVICE, ADELE),
    "admin-removal-asked-without-name": (SERVICE, "adele@contoso.example"),
    "admin-restore-asked": (SERVICE, ADELE),
    "new-invitation-asked": (SERVICE, ADELE),
    "guest-digest": (SERVICE, None),
    "guest-digest-day": (SERVICE, None),
    "export-ready": (SERVICE, None),
    "deadline-at-risk": (SERVICE, None),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_subject_in_each_language(example):
    subjects = tuple(read(written(example, language=language)).subject for language in ("en", "nl", "sv"))
    assert subjects == SUBJECTS[example]


@pytest.mark.parametrize("example", EXAMPLES)
def test_sender_and_who_answers(example):
    letter = read(written(example))
    assert (letter.sender.replace('"', ""), _unquoted(letter.headers.get("Reply-To"))) == MAILBOXES[example]


def test_every_kind_has_an_example():
    assert {kind for kind, _ in EXAMPLES.values()} == set(LetterKind) == set(FACTS)


def test_every_kind_that_actions_write_can_be_worded():
    assert {kind.value for kind in posting.LetterKind} <= {kind.value for kind in LetterKind}


def test_no_subject_carries_a_code_or_a_link():
    for example in EXAMPLES:
        letter = read(written(example))
        assert "04719382" not in letter.subject.replace(" ", "")
        assert "://" not in letter.subject


def test_plural_of_one():
    kind, facts = EXAMPLES["deadline-at-risk"]
    one = type(facts)(**{name: getattr(facts, name) for name in facts.__struct_fields__} | {"people": 1})
    assert read(written((kind, one))).subject == "Data removal for 1 person is due by 20 December 2026"


def _unquoted(header: str | None) -> str | None:
    return header.replace('"', "") if header else None
