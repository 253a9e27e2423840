"""The long runs, what a test suite has no time for: ``make soak PART=kill``. Each prints its seed and its result."""
