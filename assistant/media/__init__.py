"""Which recordings are opened, and how."""
