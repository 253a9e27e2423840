"""What an examination finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``status``: ok, note or bad. ``mend``: what to do about it."""

    what: str
    status: str
    told: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        """The shape of ``--json``."""
        return {"what": self.what, "status": self.status, "told": self.told, "mend": self.mend}
