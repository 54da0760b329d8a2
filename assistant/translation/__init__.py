"""Translation of captions, live and of what was said before."""
