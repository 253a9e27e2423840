"""The Graph door: the slice of Microsoft Graph that Vestibule speaks, under ``/v1.0`` and ``/beta``.

Where to look: ``model`` says which properties each kind of object has, ``routing`` matches paths, ``odata`` reads
query options, ``bodies`` reads bodies, ``shapes`` writes answers, ``errors`` and ``refusals`` say no.
"""
