"""One publisher's format a file: numbers to the bytes that the publisher would serve. Pure, and the same bytes every time.

Neither the file system, nor dates of publication, nor any of the parsers may come in here.
"""

NOTICE = (
    "SIMULATED DATA. Every figure in this document was drawn by a random number generator and laid out as its publisher lays it out; "
    "nothing in it was observed, nothing in it may be relied upon, and no publisher has seen it."
)
