"""What every test gets. The parts are in ``tests/support``."""

pytest_plugins = ["tests.support.manners", "tests.support.servers"]
