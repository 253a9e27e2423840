"""Actions on a user: ending sessions, becoming internal, and changing one's own password."""

from typing import Final

from vestibule.actions import converting, credentials, directory_users, signing_in
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model.actions import CHANGE_PASSWORD, CONVERT, CONVERTED
from vestibule.doors.graph.routes.finding import find_user, user_target
from vestibule.doors.graph.routing import BETA, BOTH, Route, for_me
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store.users import User


async def revoke_sessions(call: Call) -> Reply:
    """End every session and token of the user; the body is empty."""
    user = await _found(call, Verb.SIGN_OUT_EVERYWHERE)
    await directory_users.revoke_sign_in_sessions(
        call.house, tenant_id=call.tenant_id, user_id=user.membership.user_id, by=call.by
    )
    return Reply(values=call.wire.scalar("Edm.Boolean", True))


async def change_password(call: Call) -> Reply:
    """The signed-in person's own password: the old one is asked for. Every session and token ends, this one too."""
    user = await _found(call, Verb.SET_PASSWORD)
    values = (await call.body(CHANGE_PASSWORD, Mode.CREATE)).values
    member, profile = user.membership, user.profile
    try:
        await signing_in.check_password(
            call.house,
            call.desk.passwords,
            email=profile.user_principal_name,
            password=values["currentPassword"],
            network=call.by.network or "",
            client_id=call.by.client_id or "",
        )
    except Refused as refused:
        if refused.reason is not Reason.PASSWORD_WRONG:
            raise
        raise errors.invalid_value("currentPassword", "User") from refused
    made = await credentials.hashed(
        call.desk.passwords, values["newPassword"], names=[profile.user_principal_name, profile.display_name]
    )
    await directory_users.set_password(
        call.house, tenant_id=member.tenant_id, user_id=member.user_id, password=made, by=call.by, own=True
    )
    return NO_CONTENT


async def convert_to_internal(call: Call) -> Reply:
    """An external user who has accepted becomes internal, under a name of the organization's own."""
    user = await _found(call, Verb.CONVERT_TO_INTERNAL)
    values = (await call.body(CONVERT, Mode.CREATE)).values
    shown = [values["userPrincipalName"], user.profile.display_name]
    profile = values.get("passwordProfile") or {}
    password = (
        await credentials.hashed(call.desk.passwords, profile["password"], names=shown)
        if "password" in profile
        else None
    )
    made = await converting.convert_to_internal(
        call.house,
        tenant_id=call.tenant_id,
        user_id=user.membership.user_id,
        user_principal_name=values["userPrincipalName"],
        mail=values.get("mail"),
        password=password,
        by=call.by,
    )
    details = {
        "convertedToInternalUserDateTime": call.reading.now,
        "displayName": made.display_name,
        "mail": made.mail,
        "userPrincipalName": made.user_principal_name,
    }
    return Reply(values=call.wire.bare({"@odata.context": call.wire.context(CONVERTED.type), **details}))


async def _found(call: Call, verb: Verb) -> User:
    user = await find_user(call)
    user_id = None if user is None else user.membership.user_id
    await call.insist(verb, await user_target(call, user), user_id=user_id)
    if user is None:
        raise await call.missing(verb)
    return user


def _routes(pattern: str) -> list[Route[Handler]]:
    ends = "End every session of a user"
    return [
        *(
            Route[Handler](
                "POST",
                f"{pattern}/{name}",
                revoke_sessions,
                versions=versions,
                verb=Verb.SIGN_OUT_EVERYWHERE,
                summary=ends,
            )
            for name, versions in (("revokeSignInSessions", BOTH), ("invalidateAllRefreshTokens", (BETA,)))
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    *_routes("/users/{user}"),
    *_routes(for_me("/users/{user}")),
    Route(
        "POST",
        "/users/{user}/convertExternalToInternalMemberUser",
        convert_to_internal,
        versions=(BETA,),
        verb=Verb.CONVERT_TO_INTERNAL,
        body=CONVERT,
        summary="Make an external user who has accepted an internal one",
    ),
    Route(
        "POST",
        "/me/changePassword",
        change_password,
        verb=Verb.SET_PASSWORD,
        body=CHANGE_PASSWORD,
        status=204,
        summary="Change one's own password",
    ),
]
