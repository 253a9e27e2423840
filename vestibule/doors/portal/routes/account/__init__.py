"""The routes of My Account."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.desk import Desk


def account_routes(desk: Desk) -> list[BaseRoute]:
    """Every address of My Account."""
    del desk  # until the first page
    return []
