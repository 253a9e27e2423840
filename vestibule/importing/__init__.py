"""Bringing an organization's directory in from files: bulk-invite lists and exports of Microsoft Graph.

Files are read piece by piece; what each line asks for is done by the actions, so the same rules, audit and letters
hold as for anybody else. Ids are always new.
"""
