"""In which order recognitions run, how often, and how much a machine can bear."""
