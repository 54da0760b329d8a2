"""Measures the running service from outside: what it shows, when, and what that costs."""
