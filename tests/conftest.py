"""What every test gets. The parts are in ``tests/support``."""

pytest_plugins = ["tests.support.broken", "tests.support.manners", "tests.support.servers"]
