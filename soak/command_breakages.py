"""Broken builds of provider commands: each leaves one check out; see ``sign_in_breakages_protocol``."""

from typing import Any

from soak.sign_in_breakages import Setting
from vestibule.actions import commanding, telling_connected
from vestibule.doors.letters import provider_commands
from vestibule.ground import signing
from vestibule.rules import commands as rules
from vestibule.rules.connections import State


def tokens_for_whoever_has_them(setting: Setting) -> None:
    """The audience of a command token is the app's id, as in older drafts, so that any of its endpoints takes it."""
    real = signing.sign
    setting(signing, "sign", lambda key, claims, typ: real(key, {**claims, "aud": claims["client_id"]}, typ))


def the_same_token_id_again(setting: Setting) -> None:
    """A token that is sent again has the id of the first."""
    setting(commanding, "_ID_OCTETS", 0)


def any_answer_is_done(setting: Setting) -> None:
    """Whatever an app answers with 200, it has done what it was told."""
    real = provider_commands._App.send  # noqa: SLF001 - what is broken is inside

    async def send(self: Any, command: rules.Command) -> tuple[rules.Account, str, bool]:
        answer = await self._post(command)
        if answer.status == 200:
            return rules.AFTER[command], f"{command}: status 200", True
        return await real(self, command)

    setting(provider_commands._App, "send", send)  # noqa: SLF001


def archived_is_deleted(setting: Setting) -> None:
    """An account that is kept there counts as deleted."""
    setting(rules, "outcome", lambda _event, _aim, _there: State.CONFIRMED)


def the_newest_thing_alone(setting: Setting) -> None:
    """A changed name takes the place of an account's state that was not told yet."""

    async def joined(_house: Any, _unit: Any, _one: Any, event: Any, told: Any) -> tuple[Any, Any]:
        return event, told

    setting(telling_connected, "_joined", joined)


def whoever_answers_is_the_app(setting: Setting) -> None:
    """What an app says of itself is not compared with what is known of it."""
    real = provider_commands._metadata  # noqa: SLF001

    def metadata(answer: Any) -> Any:
        said = real(answer)
        said.command_endpoint = said.client_id = None
        said.aud_sub_required = False
        return said

    setting(provider_commands, "_metadata", metadata)


def activated_before_they_accepted(setting: Setting) -> None:
    """An account is made for whoever was invited."""

    async def is_present(_house: Any, _one: Any, _told: Any) -> bool:
        return True

    setting(commanding, "is_present", is_present)
