"""Minutes: drafts, edits, approval."""
