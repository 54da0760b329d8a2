"""Minutes of a meeting: the document, what may be done to it, and what of it may be made public."""
