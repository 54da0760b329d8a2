"""Live captions, transcripts and minutes for meetings, on your own machines."""

__version__ = "0.1.0"
