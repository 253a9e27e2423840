"""The routes of the logs, and of work that goes on in the background."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import audit_files, audit_logs, jobs, log_check, sign_in_logs
from vestibule.doors.portal.desk import Desk
from vestibule.rules.verbs import Verb


def log_routes(desk: Desk) -> list[BaseRoute]:
    """Every address of the two logs."""
    reads = Verb.READ_AUDIT
    return [
        page(desk, paths.JOBS, Verb.READ_ORGANIZATION, get=jobs.everything),
        page(desk, paths.job("{id}"), Verb.READ_ORGANIZATION, get=jobs.show),
        page(desk, paths.job("{id}/stop"), Verb.READ_ORGANIZATION, post=jobs.stop),
        page(desk, paths.job("{id}/file"), Verb.READ_ORGANIZATION, get=jobs.download),
        page(desk, paths.AUDIT_LOGS, reads, get=audit_logs.show),
        page(desk, log_paths.AUDIT_CSV, reads, get=audit_files.as_csv),
        page(desk, log_paths.AUDIT_LINES, reads, get=audit_files.as_lines),
        page(desk, log_paths.AUDIT_VERIFY, reads, post=log_check.verify),
        page(desk, log_paths.event("{id}"), reads, get=audit_logs.details),
        page(desk, paths.SIGN_IN_LOGS, reads, get=sign_in_logs.show),
        page(desk, log_paths.SIGN_IN_CSV, reads, get=sign_in_logs.as_csv),
    ]
