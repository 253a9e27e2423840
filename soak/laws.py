"""What has to hold after a crash, whatever was going on: no half states, no gaps, nothing lost, nothing doubled.

``of_stages`` holds at any moment, with data removals under way; ``when_all_is_done`` holds once the worker has done
everything that was due. Each law yields a sentence for every breach.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from soak.reading import Row, rows
from vestibule.actions.erasing import STEPS
from vestibule.actions.house import House
from vestibule.doors.letters.delivery import SEALED_FOR
from vestibule.ground import merkle
from vestibule.rules.activities import event_type
from vestibule.rules.lifecycle import Tie
from vestibule.rules.verbs import Verb
from vestibule.store.schema import metadata
from vestibule.store.unit import Reading

THIRTY_DAYS_US = 30 * 86_400 * 1_000_000
_TABLES = (
    "organization", "person", "person_mailbox", "person_membership", "person_invitation", "membership", "profile",
    "invitation", "sponsor", "guest_request", "group_member", "role_assignment", "ownership", "app_assignment",
    "letter", "erasure", "erasure_step", "erasure_journal", "receipt", "idempotency", "audit_event", "audit_payload",
    "audit_pending", "audit_seal", "audit_checkpoint", "subject_index", "captured_mail", "deployment",
    "directory_group", "app", "refresh_token",
    "consent", "organization_session", "removal_recipient", "delivery", "legal_hold",
)  # fmt: skip
_OF_A_GUEST = ("profile", "invitation", "sponsor", "guest_request", "group_member", "role_assignment", "ownership",
               "app_assignment", "person_membership", "person_invitation", "letter", "refresh_token", "consent",
               "organization_session", "legal_hold")  # fmt: skip
_LAST_WORDS = {
    Verb.PURGE: re.compile(rb"^Subject: Your account in .* was permanently deleted", re.MULTILINE),
    Verb.ERASE: re.compile(rb"^Subject: Your data in .* was removed", re.MULTILINE),
}
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_REFERENCE = re.compile(rb"VL-[0-9A-Z]{4}-[0-9A-Z]{4}")

_VERSIONS_OF_THEIR_OWN = "policy.changeCrossTenant"
_AT_ONCE = {event_type(verb) for verb in (Verb.UPDATE_USER, Verb.DISABLE, Verb.ENABLE, Verb.SET_PASSWORD)}

Who = tuple[str, str]


@dataclass(slots=True)
class Facts:
    """A whole database as it is, and what is worked out from it.

    Attributes:
        tables: rows by table. keys: ids of the keys that exist.
        events: what was journalled, decoded, by the label of what it is about.
    """

    tables: dict[str, list[Row]]
    keys: set[str]
    mails: list[tuple[str, bytes]]
    events: dict[str, list[dict[str, Any]]]

    def about(self, table: str) -> dict[Who, list[Row]]:
        """Rows of a table by organization and user."""
        found: dict[Who, list[Row]] = defaultdict(list)
        for row in self.tables[table]:
            found[(row["tenant_id"], row["user_id"])].append(row)
        return found


async def look(house: House) -> Facts:
    """Read everything, of one moment."""

    async def work(reading: Reading) -> dict[str, list[Row]]:
        return {name: await rows(reading, metadata.tables[name]) for name in _TABLES}

    tables = await house.store.scan(work)
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in tables["audit_event"]:
        record = msgspec.json.decode(row["record"])
        events[record["object"]["tag"]].append(record)
    return Facts(tables, await house.keys.all_ids(), [_mail(house, row) for row in tables["captured_mail"]], events)


def of_stages(facts: Facts) -> Iterator[str]:
    """No half states; versions without gaps; what belongs together is together."""
    about = {table: facts.about(table) for table in (*_OF_A_GUEST, "erasure", "erasure_step", "receipt")}
    people = {row["person_id"] for row in facts.tables["person"]}
    for guest in facts.tables["membership"]:
        who = (guest["tenant_id"], guest["user_id"])
        mine = {table: found.get(who, []) for table, found in about.items()}
        where = f"{guest['stage']} membership {who[1]}"
        for breach in _of_stage(guest, mine, facts, people):
            yield f"{where}: {breach}"
        for breach in _of_holds(guest, mine, facts):
            yield f"{where}: {breach}"
        for breach in _of_versions(guest, facts.events.get(guest["audit_tag"], [])):
            yield f"{where}: {breach}"
        for breach in _of_receipts(guest, mine, facts.events.get(guest["audit_tag"], [])):
            yield f"{where}: {breach}"
    yield from _of_things(facts)
    yield from _of_log(facts)
    yield from _of_destroyed(facts)


def _of_stage(guest: Row, mine: dict[str, list[Row]], facts: Facts, people: set[str]) -> Iterator[str]:
    match guest["stage"]:
        case "invited" | "present" | "deleted":
            yield from _of_living(guest, mine, facts, people)
        case "purged":
            yield from _of_purged(guest, mine, facts)
        case "erased":
            yield from _of_erased(guest, mine)


def _of_living(guest: Row, mine: dict[str, list[Row]], facts: Facts, people: set[str]) -> Iterator[str]:
    is_user = guest["tie"] != Tie.DIRECT_CONNECT.value
    if len(mine["profile"]) != is_user or guest["subject_key_id"] not in facts.keys:
        yield f"{len(mine['profile'])} profiles, or its key is gone"
    if mine["erasure"] or mine["erasure_step"]:
        yield "a data removal of somebody who is not purged"
    yield from _of_ties(guest, mine, people)
    yield from _of_invitations(guest, mine)
    if guest["stage"] == "deleted":
        yield from _of_deleted(guest, mine)
    elif (guest["upn_key"] is None) == is_user or guest["due_at"] is not None or guest["cause"] is not None:
        yield "it has no name, or a deadline"


def _of_ties(guest: Row, mine: dict[str, list[Row]], people: set[str]) -> Iterator[str]:
    is_tied = guest["person_id"] is not None
    ties = {row["person_id"] for row in mine["person_membership"]}
    if ties != ({guest["person_id"]} if is_tied else set()):
        yield f"tied to {sorted(ties)}, not to {guest['person_id']}"
    if is_tied and guest["person_id"] not in people:
        yield "its person does not exist"
    if guest["stage"] == "present" and not is_tied:
        yield "present without a person"
    if guest["stage"] == "invited" and is_tied:
        yield "invited with a person"


def _of_invitations(guest: Row, mine: dict[str, list[Row]]) -> Iterator[str]:
    still_open = sum(row["state"] == "open" for row in mine["invitation"])
    if still_open > (guest["stage"] == "invited"):
        yield f"{still_open} open invitations"
    if still_open and not mine["person_invitation"]:
        yield "an open invitation that its mailbox does not know of"
    if guest["stage"] == "present" and mine["person_invitation"]:
        yield "present and still waiting for its mailbox"


def _of_deleted(guest: Row, mine: dict[str, list[Row]]) -> Iterator[str]:
    if guest["due_at"] != guest["stage_at"] + THIRTY_DAYS_US:
        yield "its deadline is not 30 days later"
    if guest["upn_key"] is not None:
        yield "it still holds its name"
    if guest["cause"] == "left" and guest["stage_at"] not in {row["left_at"] for row in mine["receipt"]}:
        yield "it left without a receipt"
    if any(row["kind"] == "removal" and row["answer"] is None for row in mine["guest_request"]):
        yield "its request to be removed is still open"


def _of_purged(guest: Row, mine: dict[str, list[Row]], facts: Facts) -> Iterator[str]:
    open_ = ("running", "onHold", "removing", "waitingForRecipients")
    running = [row for row in mine["erasure"] if row["state"] in open_ and row["sealed_contact"] is not None]
    if len(running) != 1:
        yield "it has no running data removal"
    done = {row["step"] for row in mine["erasure_step"]}
    names = [name for name, _ in STEPS]
    if done != set(names[: len(done)]):
        yield f"steps out of order: {sorted(done)}"
    gone = {
        "key": guest["subject_key_id"] not in facts.keys,
        "rights": not any(mine[table] for table in ("group_member", "role_assignment", "ownership", "app_assignment")),
        "invitations": not mine["invitation"] and not mine["person_invitation"],
        "requests": not mine["guest_request"],
        "person": not mine["person_membership"],
        "profile": not mine["profile"],
    }
    yield from (f"step {name} is marked and its data is there" for name, is_gone in gone.items()
                if name in done and not is_gone)  # fmt: skip
    if "profile" not in done and not mine["profile"] and guest["tie"] != Tie.DIRECT_CONNECT.value:
        yield "its profile is gone before its step"


def _of_erased(guest: Row, mine: dict[str, list[Row]]) -> Iterator[str]:
    if guest["subject_key_id"] is not None or guest["person_id"] is not None or guest["upn_key"] is not None:
        yield "it still names a key, a person or a name"
    yield from (f"{len(mine[table])} rows left in {table}" for table in _OF_A_GUEST
                if mine[table] and table != "letter")  # fmt: skip
    if [row["state"] for row in mine["erasure"]] != ["done"] or mine["erasure"][0]["sealed_contact"] is not None:
        yield "its data removal is not done, or kept the address"
    if {row["step"] for row in mine["erasure_step"]} != {name for name, _ in STEPS}:
        yield "steps are missing"


def _of_holds(guest: Row, mine: dict[str, list[Row]], facts: Facts) -> Iterator[str]:
    """As many holds as the row says; while one stands nothing is gone."""
    standing = sum(row["lifted_at"] is None for row in mine["legal_hold"])
    if standing != guest["held"]:
        yield f"{standing} holds stand, the row says {guest['held']}"
    gone = guest["stage"] == "erased" or mine["erasure_step"] or guest["subject_key_id"] not in facts.keys
    if standing and gone:
        yield "a hold stands, and data is gone"
    if any((row["state"] == "onHold") is not bool(standing) for row in mine["erasure"]):
        yield f"{standing} holds stand, its data removal is {mine['erasure'][0]['state']}"


def _of_versions(guest: Row, events: list[dict[str, Any]]) -> Iterator[str]:
    """Exactly one event for each change: the versions 1, 2, 3 … each once, up to the present one.

    Only what one request does to a user object at once shares a version: properties, switch and password.
    """
    told: dict[tuple[int, int], list[str]] = defaultdict(list)
    for event in events:
        step = (event["object"]["ver_before"], event["object"]["ver_after"])
        if event["outcome"] == "success" and step[0] != step[1]:
            told[step].append(event["type"])
    if sorted(told) != [(number, number + 1) for number in range(guest["version"])]:
        yield f"events tell of {sorted(told)}, the row is at version {guest['version']}"
    for step, types in told.items():
        if len(types) > 1 and (len(set(types)) < len(types) or not set(types) <= _AT_ONCE):
            yield f"{len(types)} events of one change, {step}: {types}"


def _of_receipts(guest: Row, mine: dict[str, list[Row]], events: list[dict[str, Any]]) -> Iterator[str]:
    left = sum(event["type"] == event_type(Verb.LEAVE) and event["outcome"] == "success" for event in events)
    if left != len(mine["receipt"]):
        yield f"{left} departures, {len(mine['receipt'])} receipts"
    finished = Counter(event["type"] for event in events if event["outcome"] == "success")
    direct = guest["tie"] == Tie.DIRECT_CONNECT.value
    ends = [Verb.LEAVE, Verb.REMOVE, Verb.REMOVE_SHARED] if direct else [Verb.PURGE]
    purged, erased = sum(finished[event_type(verb)] for verb in ends), finished[event_type(Verb.ERASE)]
    if purged != len(mine["erasure"]) or erased != (guest["stage"] == "erased"):
        yield f"{purged} purges, {erased} ends, {len(mine['erasure'])} data removals"


def _of_things(facts: Facts) -> Iterator[str]:
    """Organizations, groups and apps: an event for each version as well.

    What changes a group's owners is told of as a change of theirs, so groups have versions without an event.
    """
    for table, key in (("organization", "tenant_id"), ("directory_group", "group_id"), ("app", "app_id")):
        for thing in facts.tables[table]:
            told = Counter(
                (event["object"]["ver_before"], event["object"]["ver_after"])
                for event in facts.events.get(thing[key], [])
                if event["outcome"] == "success"
                and event["object"]["ver_before"] != event["object"]["ver_after"]
                and not event["type"].startswith(_VERSIONS_OF_THEIR_OWN)
            )
            every = Counter((number, number + 1) for number in range(thing["version"]))
            if told - every or (table != "directory_group" and told != every):
                yield f"{table} {thing[key]}: events tell of {sorted(told)}, the row is at version {thing['version']}"


def totals(facts: Facts) -> Counter[str]:
    """How much has happened so far: events by type, refusals apart, and letters."""
    counted = Counter(
        event["type"] if event["outcome"] == "success" else "refusals"
        for events in facts.events.values()
        for event in events
    )
    counted["letters"] = len(facts.mails)
    return counted


def interrupted(facts: Facts) -> Counter[str]:
    """What was under way when the process was killed."""
    return Counter(
        {
            "data removals cut short": sum(row["stage"] == "purged" for row in facts.tables["membership"]),
            "letters being sent": sum(row["lease_until"] is not None for row in facts.tables["letter"]),
            "letters waiting": sum(row["lease_until"] is None for row in facts.tables["letter"]),
        }
    )


def _of_log(facts: Facts) -> Iterator[str]:
    pending = {row["event_id"] for row in facts.tables["audit_pending"]}
    sealed = {row["event_id"] for row in facts.tables["audit_seal"]}
    written = {row["event_id"] for row in facts.tables["audit_event"]}
    if pending & sealed:
        yield f"{len(pending & sealed)} events wait to be sealed, and are"
    if pending | sealed != written:
        yield f"{len((pending | sealed) ^ written)} events that neither wait nor are sealed, or the other way round"
    yield from _of_seals(facts)
    if orphans := {row["event_id"] for row in facts.tables["audit_payload"]} - written:
        yield f"{len(orphans)} personal parts without an event"
    known = {row["tag"] for row in facts.tables["subject_index"]}
    missing = [
        row["user_id"]
        for row in facts.tables["membership"]
        if (row["audit_tag"] in known) != (row["stage"] != "erased" and not _is_forgotten(facts, row))
    ]
    if missing:
        yield f"the way from a user to their events is wrong for {missing}"


def _of_seals(facts: Facts) -> Iterator[str]:
    """Each log has its places without gaps, and is what its newest checkpoint says."""
    leaves = {row["event_id"]: bytes(row["leaf"]) for row in facts.tables["audit_event"]}
    logs: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(facts.tables["audit_seal"], key=lambda row: int(row["place"])):
        logs[row["tenant_id"]].append(row)
    heads = {
        row["tenant_id"]: row for row in sorted(facts.tables["audit_checkpoint"], key=lambda row: int(row["size"]))
    }
    if logs.keys() != heads.keys():
        yield f"logs without a checkpoint, or the other way round: {sorted(logs.keys() ^ heads.keys())}"
    for tenant_id in logs.keys() & heads.keys():
        seals, head = logs[tenant_id], heads[tenant_id]
        if [row["place"] for row in seals] != list(range(int(head["size"]))):
            yield f"the places of {tenant_id} are not 0 to {head['size']}"
        elif merkle.root_of([leaves[row["event_id"]] for row in seals]) != bytes(head["root"]):
            yield f"the log of {tenant_id} has another root than its checkpoint"


def _is_forgotten(facts: Facts, guest: Row) -> bool:
    return any(step["user_id"] == guest["user_id"] and step["step"] == "key" for step in facts.tables["erasure_step"])


def when_all_is_done(facts: Facts) -> Iterator[str]:
    """Nothing due is left, every letter went out once, and no key is without an owner or a part without a key."""
    now = max((row["stage_at"] for row in facts.tables["membership"]), default=0)
    for guest in facts.tables["membership"]:
        is_due = guest["stage"] == "purged" or (guest["stage"] == "deleted" and guest["due_at"] <= now)
        if is_due and not guest["held"]:
            yield f"the worker left {guest['user_id']} {guest['stage']}"
    if facts.tables["letter"]:
        yield f"{len(facts.tables['letter'])} letters were not delivered"
    yield from _of_letters(facts)
    yield from _of_last_words(facts)
    yield from _of_keys(facts)
    row = facts.tables["deployment"][0]
    if row["scrub_wanted"] != row["scrub_done"]:
        yield "erased people were not taken off the disk"


def _of_letters(facts: Facts) -> Iterator[str]:
    counted = Counter(name for name, _ in facts.mails)
    if doubled := [name for name, times in counted.items() if times > 1 or not name]:
        yield f"letters that went out twice: {doubled}"
    # The letter that tells of the end names the departure too, whose certificate it leads to.
    leaves = [raw for _, raw in facts.mails if _LAST_WORDS[Verb.ERASE].search(raw) is None]
    told = Counter(found for raw in leaves for found in {one.decode() for one in _REFERENCE.findall(raw)})
    for receipt in facts.tables["receipt"]:
        if told[receipt["reference"]] != 1:
            yield f"{told[receipt['reference']]} letters about the departure {receipt['reference']}"


def _of_last_words(facts: Facts) -> Iterator[str]:
    """Each permanent deletion and each end of a data removal was told of, once."""
    happened = totals(facts)
    for verb, subject in _LAST_WORDS.items():
        said = sum(subject.search(raw) is not None for _, raw in facts.mails)
        if said != happened[event_type(verb)]:
            yield f"{said} letters tell of {happened[event_type(verb)]} times {verb.value}"


def _of_destroyed(facts: Facts) -> Iterator[str]:
    """A key is destroyed before anything says so; sweeping up keys of nobody would hide later that it was not."""
    destroyed = {row["key_id"] for row in facts.tables["erasure_journal"]}
    if destroyed & facts.keys:
        yield "keys of erased people exist"


def _of_keys(facts: Facts) -> Iterator[str]:
    wanted = in_use(facts)
    if orphans := facts.keys - wanted:
        yield f"{len(orphans)} keys of nobody"
    if gone := wanted - facts.keys:
        yield f"{len(gone)} keys are mentioned and do not exist"
    destroyed = {row["key_id"] for row in facts.tables["erasure_journal"]}
    if len(destroyed) != sum(row["step"] == "key" for row in facts.tables["erasure_step"]):
        yield "the journal of destroyed keys and the ledger of steps differ"


def in_use(facts: Facts) -> set[str]:
    """The ids of the keys that rows mention."""
    named = {row["subject_key_id"] for table in ("organization", "membership") for row in facts.tables[table]}
    return {key for key in named if key} | {row["key_id"] for row in facts.tables["audit_payload"]}


def _mail(house: House, row: Row) -> tuple[str, bytes]:
    """The Message-ID of a captured letter, and its octets with the soft line breaks of quoted-printable taken out."""
    raw = house.sealer.open(house.sealer.derive(SEALED_FOR), row["sealed"], row["mail_id"].encode())
    named = _MESSAGE_ID.search(raw)
    return named[1].decode() if named else "", raw.replace(b"=\r\n", b"")
