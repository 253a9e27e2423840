"""Whom to ask at an organization."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contacts:
    """An organization's contacts. Whatever is missing is left out of the page.

    Attributes:
        privacy_contact: a mail address.
        technical: mail addresses of administrators.
        privacy_statement: a web address.
    """

    privacy_contact: str = ""
    technical: tuple[str, ...] = ()
    privacy_statement: str = ""

    @property
    def none(self) -> bool:
        """The organization has given no contact at all."""
        return not (self.privacy_contact or self.technical or self.privacy_statement)
