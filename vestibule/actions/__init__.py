"""FLOOR 4. What happens, in which order: one function per verb, for every door, the worker and the command line."""
