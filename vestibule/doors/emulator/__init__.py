"""The emulator: what a team uses to test its own guest code against a local directory with a clock it can push.

These addresses exist only on a database that was stamped *emulator* when it was created; on any other they answer
like an address that was never there.
"""

from vestibule.doors.emulator.routes import Hooks, routes

__all__ = ["Hooks", "routes"]
