"""Shared Signals (OpenID SSF 1.0, RFC 8936): apps set up the stream that tells them of people, and read it.

The words of SSF stay in here: a stream is a connection, its receiver is an app, a subject is a membership.
"""

from vestibule.doors.signals.app import Signals, serves

__all__ = ["Signals", "serves"]
