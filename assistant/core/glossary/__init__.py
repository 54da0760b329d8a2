"""Names and terms: how they are written, how they sound, where they stand in a text."""
