"""Minutes of a meeting: the document, what may be done to it, and what leaves the house of it."""
