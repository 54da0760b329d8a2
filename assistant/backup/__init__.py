"""Backups of the data directory, made while the service runs: written, checked, brought back.

What was acknowledged before a backup began is in it, once. Two things make that true. The journal is
copied before the database: whatever is captioned and dropped in between is in the database then, while the
other way round it would be in neither. And where the database is ahead of the journal's copy, restoring
lets the record of that track go on from where the database is, so that nothing is captioned twice and
times stay right.
"""
