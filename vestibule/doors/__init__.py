"""FLOOR 5. How the outside speaks: each door parses, looks up, calls one action and answers.

Doors never import each other; what they share lies in ``web``, below them.
"""
