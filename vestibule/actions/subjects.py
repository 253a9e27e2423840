"""Subjects: what an app calls a person by."""

import base64

from vestibule.actions.house import House
from vestibule.store.apps import App
from vestibule.store.memberships import Membership


def pairwise(house: House, account: Membership, app: App) -> str:
    """A subject that two apps cannot join (OpenID Connect Core section 8.1)."""
    text = f"{account.tenant_id}/{account.user_id}/{app.client_id}".encode()
    return base64.urlsafe_b64encode(house.sealer.mac("pairwise-subject", text)).rstrip(b"=").decode()
