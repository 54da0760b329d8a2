"""Meetings that are joined: who is there, what is asked of the bot, what it tells them."""
