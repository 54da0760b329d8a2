"""What the service needs from libraries and outside systems, as protocols.

Engines (`assistant.engines`) compute and block; adapters (`assistant.adapters`) talk to outside
systems and are awaited. Nothing here is concrete: `assistant.bootstrap` chooses.
"""
