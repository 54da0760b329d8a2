"""Drafts of minutes: what matters in what was said, found by method or by an operator's model."""
