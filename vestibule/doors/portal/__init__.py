"""My Account and the sign-in pages.

paths       the addresses
views       what each page shows, as frozen values
templates   how it is shown
pages       both, ready to be rendered
"""
