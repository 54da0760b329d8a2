"""Weights on disk: fetched, checked, bundled.

`store` answers where installed weights are and is all that the running service uses; it opens no
connection. `pull` fetches and `bundle` carries weights to machines without a network; both run only
when the command line asks for it.
"""

from assistant.weights.store import WeightsStore

__all__ = ["WeightsStore"]
