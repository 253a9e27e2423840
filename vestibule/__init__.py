"""Vestibule: the entry hall of an organization's directory.

Guests come in, see where they belong, and leave on their own.
"""
