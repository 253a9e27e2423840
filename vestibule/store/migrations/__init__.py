"""The steps from an empty database to this version's tables, for Alembic.

Steps go one way. A new version's tables serve the version before it too, so that both can run during an upgrade and
the older one again after it: columns are added with a default or nullable, filled, and only dropped a version later.
"""
