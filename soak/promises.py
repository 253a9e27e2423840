"""What the killed process was told: every acknowledged change is there afterwards, and asking again does no harm."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from soak.laws import Facts
from vestibule.actions import leaving
from vestibule.actions.house import House
from vestibule.ground.clock import iso
from vestibule.rules.activities import event_type
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Refused
from vestibule.rules.verbs import Verb

Word = dict[str, Any]
_VERBS = {
    "join": (Verb.ADD_MEMBER,),
    "ask": (Verb.ASK_REMOVAL, Verb.ASK_RESTORE),
    "invite": (Verb.INVITE, Verb.REINVITE),
    "assign": (Verb.ASSIGN_ROLE, Verb.UNASSIGN_ROLE),
    "update": (Verb.UPDATE_USER,),
    "forbid": (Verb.CHANGE_LEAVE_SETTING,),
}
_WITHOUT_EVENT = {"tick", "push", "refresh"}


def broken(words: list[Word]) -> Iterator[str]:
    """What the process itself found wrong: anything but an answer or a refusal."""
    yield from (f"the process says: {word['what']}" for word in words if word["word"] == "broken")
    yield from (f"{word['verb']}: {word['why']}" for word in words if word["word"] == "unavailable")


def kept(words: list[Word], facts: Facts) -> Iterator[str]:
    """Every acknowledged change that the database does not know."""
    tags = {(row["tenant_id"], row["user_id"]): row["audit_tag"] for row in facts.tables["membership"]}
    receipts = {row["receipt_id"]: row["reference"] for row in facts.tables["receipt"]}
    for word in words:
        if word["word"] != "did" or word["verb"] in _WITHOUT_EVENT:
            continue
        subject = tags.get((word["tenant"], word["user"]), "") if "user" in word else word["tenant"]
        events = facts.events.get(subject, [])
        types = {event_type(verb) for verb in _VERBS.get(word["verb"]) or (Verb(word["verb"]),)}
        found = [event for event in events if event["type"] in types and event["outcome"] == "success"]
        if "version" in word:
            found = [event for event in found if event["object"]["ver_after"] == word["version"]]
        if not found or ("version" in word and len(found) > 1):
            yield f"acknowledged {len(found)} times in the log: {word}"
        if word["verb"] == "leave" and not _is_kept(word, receipts):
            yield f"the receipt of an acknowledged departure is not there: {word}"
    yield from _ticks(words, facts, tags)
    yield from _tokens(words, facts)


def _is_kept(word: Word, receipts: dict[str, str]) -> bool:
    """Whether the receipt that somebody holds is there, with the reference they were told, if they were."""
    kept = receipts.get(word["receipt"])
    return kept is not None and kept == word.get("reference", kept)


def _tokens(words: list[Word], facts: Facts) -> Iterator[str]:
    """Every refresh token that somebody holds is known, and the one it replaced is used up."""
    kept = {row["token_hash"]: row["used_at"] for row in facts.tables["refresh_token"]}
    here = {row["user_id"] for row in facts.tables["membership"] if row["stage"] in {"present", "deleted"}}
    for word in words:
        if word["word"] != "did" or word["verb"] != "refresh" or word["user"] not in here:
            continue
        if word["token"] not in kept:
            yield f"a token that was given is not known: {word}"
        if "used" in word and kept.get(word["used"]) is None:
            yield f"a token that was replaced is still good: {word}"


def _ticks(words: list[Word], facts: Facts, tags: dict[tuple[str, str], str]) -> Iterator[str]:
    told = Counter(
        (verb, tenant, user)
        for word in words
        if word["word"] == "did" and word["verb"] == "tick"
        for verb, tenant, user in word["done"]
    )
    for (verb, tenant, user), times in told.items():
        events = facts.events.get(tags.get((tenant, user), user), [])
        known = sum(event["type"] == event_type(Verb(verb)) for event in events)
        if known < times:
            yield f"the worker said {verb} of {user} {times} times, the log knows {known}"


async def time_is_kept(house: House, words: list[Word]) -> list[str]:
    """The clock of an emulator never goes back."""
    now = iso((await house.store.moment()).now)
    said = [word["now"] for word in words if word["word"] == "did" and word["verb"] == "push"]
    return [f"it was {then} before the crash and is {now}" for then in said if then > now]


async def ask_again(house: House, words: list[Word], facts: Facts) -> list[str]:
    """Say every departure once more with its own key: what was answered is answered again, word for word.

    Departures that got no answer are said again too; whatever comes of them, the laws have to hold afterwards.
    """
    answers = {word["key"]: word["answer"] for word in words if word["word"] == "did" and word["verb"] == "leave"}
    owners = {(row["tenant_id"], row["user_id"]): row["person_id"] for row in facts.tables["membership"]}
    breaches = []
    for word in words:
        if word["word"] != "leaving" or owners.get((word["tenant"], word["user"])) is None:
            continue
        try:
            gone = await leaving.leave(
                house, tenant_id=word["tenant"], user_id=word["user"], by=operator(), key=word["key"]
            )
        except Refused as refused:
            if word["key"] in answers:
                breaches.append(f"answered before the crash, refused now ({refused.reason}): {word}")
            continue
        if answers.get(word["key"], gone.answer) != gone.answer:
            breaches.append(f"another answer than before the crash: {word}: {gone.answer}")
    return breaches
