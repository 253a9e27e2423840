"""Query options (OData 4.01 Part 2, *URL Conventions*), as far as Graph offers them.

    query string → ``options`` → ``grammar`` (over ``tokens``) → ``binding`` (names, types, what may be asked)
                           → ``search``, ``clauses`` ($select, $orderby, $expand), ``paging`` ($skiptoken)

What comes out are ``rules.filters`` values that name properties as the model spells them. What cannot be read or may
not be asked is a ``GraphError``; nothing else comes out of here, whatever is put in.
"""
