"""FLOOR 2. What is allowed and what follows from it.

Pure: no clock, no database, no request. Time comes in as ``now``, people and policies come in as values.
"""
