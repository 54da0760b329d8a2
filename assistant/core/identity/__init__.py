"""Who may read."""
