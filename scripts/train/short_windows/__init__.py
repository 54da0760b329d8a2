"""Whisper for short audio windows: the trimmed window is taught to say what the padded one says."""
