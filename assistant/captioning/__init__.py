"""Live captions: from the audio of a participant to what readers see."""
