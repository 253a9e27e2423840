"""What the doors with pages share: the frame around a page, its language, headers, static files and form tokens.

Nothing here knows an organization, a guest or an action. A door brings its own templates and view models (frozen
dataclasses that name their template); ``pages.py`` turns one of them into HTML. Doors import from here, never from
each other.
"""
