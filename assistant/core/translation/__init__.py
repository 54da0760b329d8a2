"""How captions are translated while they grow."""
