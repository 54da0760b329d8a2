"""Who reads captions, and through which links."""
