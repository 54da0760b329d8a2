"""Finished recordings and jobs."""
