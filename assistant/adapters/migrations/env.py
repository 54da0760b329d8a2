"""Runs the migrations on the connection that the transcript store hands over.

The store opens the transaction and commits it, so a migration happens as a whole or not at all.
Logging is left as the service set it up.
"""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
