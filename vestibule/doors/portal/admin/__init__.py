"""The Admin center: what an organization's administrators see and do.

``gate`` says who may open what, ``tables`` what an address asks of a table, ``pages`` holds a module for each page.
"""
