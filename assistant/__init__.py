"""Live captions, transcripts and minutes for meetings, on your own machines."""

from assistant.operations.offline import silence_libraries

__version__ = "0.1.0"

# Before anything else of the package is imported, and with it the libraries that read these switches.
silence_libraries()
