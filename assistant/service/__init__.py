"""Live captions as one service, made of the features."""
