"""Letters to whom an access review asks, the people themselves or somebody who knows them, and to who hears its end."""

from vestibule.doors.letters import neutral
from vestibule.doors.letters.draft import Button, Draft, Paragraph, Voice
from vestibule.doors.letters.kinds import ReviewAskedFacts, ReviewCompletedFacts, ReviewReminderFacts
from vestibule.doors.letters.pieces import named, quoted, rows
from vestibule.doors.letters.wording import Sentence, Wording


def review(facts: ReviewAskedFacts | ReviewReminderFacts, wording: Wording) -> Draft:
    """Compose the question, or its repetition, with the last day to answer it."""
    org, until = named(facts), wording.moment(facts.until)
    return Draft(
        subject=_subject(facts, org, wording),
        body=(
            Paragraph(_question(facts, org, wording)),
            rows(
                (wording.say("Access review"), neutral.name(facts.review)),
                (wording.say("Answer due by"), until),
            ),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            Button(wording.say("Answer"), facts.review_link),
        ),
        why=wording.say("You got this email because {org} asks you in an access review.", org=org),
        voice=Voice.SERVICE,
        about=facts,
    )


def completed(facts: ReviewCompletedFacts, wording: Wording) -> Draft:
    """Compose the news that a review has ended, with how many of its decisions say what."""
    org = named(facts)
    return Draft(
        subject=wording.say("An access review of {org} has ended", org=org),
        body=(
            Paragraph(wording.say("This is what was decided. Applying it may take a moment longer.")),
            rows(
                (wording.say("Access review"), neutral.name(facts.review)),
                (wording.say("Review ended"), wording.moment(facts.ended_at)),
                (wording.say("Keep"), wording.number(facts.kept)),
                (wording.say("Remove"), wording.number(facts.denied)),
                (wording.say("Not decided"), wording.number(facts.undecided)),
            ),
            Button(wording.say("Open in the Admin center"), facts.review_link),
        ),
        why=wording.say("You got this email because you are to hear when this access review ends."),
        voice=Voice.SERVICE,
        about=facts,
    )


def _subject(facts: ReviewAskedFacts | ReviewReminderFacts, org: str, wording: Wording) -> Sentence:
    again = isinstance(facts, ReviewReminderFacts)
    match (facts.about_reader, again):
        case (True, False):
            return wording.say("Do you still need access to {org}?", org=org)
        case (True, True):
            return wording.say("Reminder: do you still need access to {org}?", org=org)
        case (False, False):
            return wording.say("{org} asks you who still needs access", org=org)
        case _:
            return wording.say("Reminder: {org} asks you who still needs access", org=org)


def _question(facts: ReviewAskedFacts | ReviewReminderFacts, org: str, wording: Wording) -> Sentence:
    if facts.about_reader:
        return wording.say("Tell {org} whether you still need your access. Without an answer you may lose it.", org=org)
    return wording.say("Decide who keeps access and who doesn't. Your decisions count when the review ends.")
