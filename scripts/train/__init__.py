"""Trains the models that this project offers of its own: see scripts/train/run --help."""
