"""Letters: every email Vestibule writes, from the facts of a case to the bytes a mail server takes.

    kinds      what can be written, and the facts each kind needs
    compose    facts → a draft: subject, body in blocks, sender, footer (``to_invited``, ``to_guests``, ``to_admins``)
    wording    sentences, plurals, dates and clock times in the reader's language and time zone
    plain      a draft's body as plain text
    hypertext  the same body as HTML
    render     a draft → a complete message (RFC 5322)
    language   which language a letter is written in
    reading    the way back: links and code out of a message
    delivery   letters leave the outbox

A letter is composed once, in blocks; plain text and HTML are two views of the same blocks, so neither can say
something the other does not. What people typed (names, messages, reasons) passes ``neutral`` and is text from
there on, never a header, an element or a template.
"""
