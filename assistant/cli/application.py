"""All commands in one application."""

from __future__ import annotations

import typer

from assistant.cli.backup import backup_app
from assistant.cli.demo import demo
from assistant.cli.doctor import doctor
from assistant.cli.join import join
from assistant.cli.licences import licences
from assistant.cli.models import models_app
from assistant.cli.serve import serve
from assistant.cli.transcribe import transcribe
from assistant.cli.translate import translate


def build() -> typer.Typer:
    """Return the application with all its commands."""
    app = typer.Typer(
        name="assistant",
        help="Live captions, transcripts and minutes for meetings, on your own machines.",
        epilog="Every setting can also be given in the environment, such as ASSISTANT_PORT=8080.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for command in (serve, demo, join, transcribe, translate, doctor, licences):
        app.command()(command)
    app.add_typer(models_app(), name="models")
    app.add_typer(backup_app(), name="backup")
    return app
