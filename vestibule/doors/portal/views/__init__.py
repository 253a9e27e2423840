"""View models: what each page of My Account and of sign-in shows, as frozen values.

They hold facts, in the words of the rules floor, and the few decisions that are about showing alone (which line a row
has, what is sorted before what). Routes fill them; templates beside this package turn them into HTML.
"""
