"""What answers look like.

Each kind of object has a view (a frozen dataclass with what is needed to show it) and a table that says where each of
the model's properties comes from. ``wire`` puts the OData annotations around them and writes the octets. Moments stay
datetimes until then, so that a shaped object can also be asked with a filter.
"""
