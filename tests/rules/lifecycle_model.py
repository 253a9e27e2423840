"""A second reading of the life of a guest, written apart from the rules: plain numbers and words, no shared code.

It is deliberately naive: a dictionary of facts and a list of what happened, so that a reader can check it against the
drawing in ``docs/lifecycle.md`` line by line.
"""

from dataclasses import dataclass, field

DAY_MS = 86_400_000
THIRTY_DAYS_MS = 30 * DAY_MS


@dataclass
class Model:
    """One life, in milliseconds."""

    tie: str
    stage: str
    now: int = 0
    since: int = 0
    deleted_at: int = 0
    was: str = ""
    was_since: int = 0
    cause: str = ""
    purged_at: int = 0
    erased_at: int = 0
    enabled: bool = True
    home_enabled: bool = True
    held: bool = False
    released_at: int = 0
    trail: list[str] = field(default_factory=list)

    def over(self) -> bool:
        """The 30 days are over."""
        return self.stage == "deleted" and self.now >= self.deleted_at + THIRTY_DAYS_MS

    def step(self, verb: str, *, may_leave: bool = True, only_admin: bool = False) -> str:
        """What the verb does: ``ok`` or the reason of the refusal; the facts change only when it is ok."""
        answer = self.judge(verb, may_leave=may_leave, only_admin=only_admin)
        if answer == "ok":
            self._do(verb)
            self.trail.append(verb)
        return answer

    def judge(self, verb: str, *, may_leave: bool, only_admin: bool) -> str:  # noqa: C901, PLR0911 - a table
        """``ok``, or the reason of the refusal."""
        here = self.stage in {"invited", "present"}
        match verb:
            case "redeem":
                if self.stage != "invited":
                    return "wrongStage"
                return "ok" if self.enabled and self.home_enabled else "accountDisabled"
            case "leave":
                if self.tie == "home":
                    return "homeOrganization"
                if self.stage != "present":
                    return "wrongStage"
                if not (self.enabled and self.home_enabled):
                    return "accountDisabled"
                if not may_leave:
                    return "organizationForbids"
                return "onlyAdministrator" if only_admin else "ok"
            case "remove":
                return "ok" if here else "wrongStage"
            case "restore":
                if self.stage != "deleted":
                    return "wrongStage"
                return "tooLate" if self.over() else "ok"
            case "purge":
                if self.stage != "deleted":
                    return "wrongStage"
                return "tooLate" if self.over() else self._free()
            case "purge due":
                if self.stage != "deleted":
                    return "wrongStage"
                return self._free() if self.over() else "tooEarly"
            case "erase":
                return self._free() if self.stage == "purged" else "wrongStage"
            case "hold" | "lift":
                return "ok"
            case "disable":
                if not here:
                    return "wrongStage"
                return "ok" if self.enabled else "alreadyThere"
            case "enable":
                if not here:
                    return "wrongStage"
                return "alreadyThere" if self.enabled else "ok"
        raise AssertionError(verb)

    def _do(self, verb: str) -> None:
        match verb:
            case "redeem":
                self.stage, self.since = "present", self.now
            case "leave" | "remove":
                self._go("left" if verb == "leave" else "removed")
            case "restore":
                self.stage, self.since = self.was, self.was_since
            case "purge":
                self.stage, self.purged_at = "purged", self.now
            case "purge due":
                self.stage, self.purged_at = "purged", max(self.deleted_at + THIRTY_DAYS_MS, self.released_at)
            case "erase":
                self.stage, self.erased_at = "erased", self.now
            case "disable" | "enable":
                self.enabled = verb == "enable"
            case "hold":
                self.held = True
            case "lift":
                self.held, self.released_at = False, self.now

    def _free(self) -> str:
        """Nothing is deleted while a hold stands."""
        return "onHold" if self.held else "ok"

    def _go(self, cause: str) -> None:
        self.cause = cause
        if self.tie == "directConnect":
            self.stage, self.purged_at = "purged", self.now
            return
        self.was, self.was_since = self.stage, self.since
        self.stage, self.deleted_at = "deleted", self.now

    def may_sign_in(self) -> bool:
        """Present, and enabled here and at home."""
        return self.stage == "present" and self.enabled and self.home_enabled

    def restorable_until(self) -> int | None:
        """From then on a restore is refused."""
        return self.deleted_at + THIRTY_DAYS_MS if self.stage == "deleted" else None

    def data_removed_by(self) -> int | None:
        """The latest moment of data removal."""
        match self.stage:
            case "deleted":
                return self.deleted_at + 2 * THIRTY_DAYS_MS
            case "purged":
                return self.purged_at + THIRTY_DAYS_MS
            case _:
                return None
