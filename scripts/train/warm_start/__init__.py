"""French and English from a Firefox model that knows Portuguese, with French put into Portuguese words."""
