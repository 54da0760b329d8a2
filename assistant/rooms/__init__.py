"""Rooms: what happens in one, in order, and who keeps them."""
