"""Parsers that get anything: targets, seeds, and two engines that make inputs."""
