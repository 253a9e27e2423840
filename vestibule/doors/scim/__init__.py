"""SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865): another directory keeps this one in step.

The words of SCIM stay in here: a user is a membership, ``active`` is disable and enable, DELETE is remove.
"""
