"""`assistant backup`: copies of the data, made while the service runs, checked and brought back."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.console import Bars, DataDirectory, complain, human_bytes, out, read_settings
from assistant.core.errors import BackupFailed

Archive = Annotated[Path, typer.Argument(help="The file of the backup, such as monday.tar.")]


def backup_app() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="Back up transcripts and audio, and bring them back.", no_args_is_help=True)
    for command in (create, verify, restore):
        app.command()(command)
    return app


def create(
    archive: Archive,
    with_weights: Annotated[
        bool, typer.Option("--with-weights", help="Installed weights too; they can also be fetched again.")
    ] = False,
    data_dir: DataDirectory = None,
) -> None:
    """Write transcripts, minutes, audio that is not captioned yet, glossary and levels into one file.

    The service may run meanwhile: all that it acknowledged before is in the backup.
    """
    import sqlalchemy as sa

    from assistant.adapters.sql_snapshot import sqlite_file
    from assistant.backup.create import Sources, create_backup

    settings = read_settings(data_dir=data_dir)
    database = sqlite_file(settings.store_url)
    if database is not None and not database.exists() and not settings.journal_dir.is_dir():
        raise BackupFailed(f"There is nothing to back up in {settings.data_dir}.")
    sources = Sources(
        journal_dir=settings.journal_dir,
        database=database,
        database_kind=sa.make_url(settings.store_url).get_backend_name(),
        glossary=settings.glossary,
        levels=settings.levels,
        weights_dir=settings.weights_dir if with_weights else None,
    )
    with Bars() as bars:
        contents = create_backup(sources, archive, bars)
    size = human_bytes(archive.stat().st_size)
    out().print(f"{archive} holds {len(contents.files)} files ({size}).", markup=False)
    if database is None:
        complain(
            f"Transcripts and minutes are not in it: they are in {sources.database_kind}. Back that up with"
            " its own tool (pg_dump) now, after this command, so that nothing is in neither."
        )


def verify(archive: Archive) -> None:
    """Check every hash of a backup, that its database is whole, and that this version can read it."""
    from assistant.backup.restore import verify_backup

    with Bars() as bars:
        contents = verify_backup(archive, bars)
    where = "" if contents.database == "sqlite" else f"; its transcripts are in {contents.database}"
    out().print(
        f"{archive} is whole: {len(contents.files)} files of {contents.created_at}{where}.", markup=False
    )


def restore(
    archive: Archive,
    force: Annotated[
        bool, typer.Option("--force", help="Keep what is in the data directory aside, in a folder there.")
    ] = False,
    data_dir: DataDirectory = None,
) -> None:
    """Bring a backup back into an empty data directory, on which no service runs."""
    from assistant.adapters.sql_snapshot import sqlite_file
    from assistant.backup.restore import restore_backup

    settings = read_settings(data_dir=data_dir)
    with Bars() as bars:
        restored = restore_backup(archive, settings.data_dir, _claimed, bars, force=force)
    out().print(f"{archive} is restored into {settings.data_dir}.", markup=False)
    if restored.aside:
        out().print(f"What was there before is in {restored.aside}.", markup=False)
    for place in ("glossary", "levels"):
        for file in restored.contents.files:
            if file.path.startswith(f"{place}/"):
                out().print(f"Set ASSISTANT_{place.upper()}={settings.data_dir / file.path}", markup=False)
    here = sqlite_file(settings.store_url)
    if here is None or here.absolute() != (settings.data_dir / "transcripts.db").absolute():
        complain("ASSISTANT_DATABASE_URL names another database than the one that was restored.")


def _claimed(data_dir: Path) -> AbstractContextManager[None]:
    from assistant.adapters.data_folder import claimed

    return claimed(data_dir, "assistant backup restore")
