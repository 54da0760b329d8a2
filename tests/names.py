"""Names as people really have them, and what somebody may make of one."""

from __future__ import annotations

REAL_NAMES = (
    "علی\u200cرضا",
    "Zoé 👩\u200d💻",
    "Tom 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Jean\u00a0Dupont",
    "Marie\u202fClaire",
    "山田\u3000太郎",
    "Ana\u200f",
    "Mül\u00adler",
    "ශ්\u200dරී",
    "D’Arcy O'Neill, 3ᵉ",
    "☕",
)
"""With joiners, spaces of all kinds, marks of direction, a soft hyphen, an emoji of many parts."""

MADE_UP_NAMES = (
    ("Ana\u202eanA", "AnaanA"),
    ("\u2066Bo\u2069 \u2067Li\u2069", "Bo Li"),
    ("\u202aBo\u202c", "Bo"),
    ("An\x00a\x1b[31m", "An a [31m"),
    ("Ana\n\tSouza", "Ana Souza"),
    ("Ana\u2028", "Ana"),
    ("\ufeffAna", "Ana"),
)
"""What would turn the text behind it round, or do something in a terminal; and what is left of it."""

UNSEEN_NAMES = (
    "\u200d",
    "\u202e",
    "\u00a0",
    "\u200f\u200b",
    "\u3164",
    "\u2800",
    "\x07",
    "\ufe0f",
    "\u2069\u0300",
)
"""Of which nobody can see anything."""
