"""Names that operators and programs rely on stay: settings, commands, metrics, log events, codes, JSON.

`fixtures/documented_names.json` has every name that was ever given out. What it has must still be there;
where a name itself was wrong, the old one stays beside the new one. `python -m tests.test_documented_names`
adds new names and takes none out: one that shall really go is taken out by hand, and the changelog says so.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.routing import BaseRoute
from typer import Typer
from typer.main import get_command

from assistant.core.errors import AssistantError

K = TypeVar("K")

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "assistant"
SNAPSHOT = Path(__file__).parent / "fixtures" / "documented_names.json"
COMMAND = f"python -m tests.{Path(__file__).stem}"

_PLACES = ("web", "export", "cli")
_SENDERS = re.compile(r"(http_|lasuite_)?jobs|lasuite_notes|docs_publisher|(minutes_)?(news|watchers)")
"""Modules elsewhere that write what others read: what is posted, and what the pages hear of minutes."""

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_KEY = re.compile(r"[a-z][a-z_]{2,}(?:\[\])?")

_REPORTS = ("doctor", "egress", "licences")
"""Modules whose dataclasses `--json` prints."""


def settings() -> Iterator[str]:
    """Yield settings as they stand in the environment, and what those with fixed choices may be."""
    schema = import_module("assistant.settings").Settings.model_json_schema()
    for name, described in schema["properties"].items():
        setting = f"ASSISTANT_{name.upper()}"
        yield setting
        for choice in _choices(described):
            yield f"{setting}={choice}"


def commands() -> Iterator[str]:
    """Yield commands with their options and arguments."""
    app: Typer = import_module("assistant.cli.application").build()
    yield from _of_command("assistant", get_command(app))


def metrics() -> Iterator[str]:
    """Yield the samples of `/metrics` with their labels, of every kind that the code counts."""
    telemetry = import_module("assistant.adapters.prometheus_telemetry").PrometheusTelemetry()
    telemetry.follow(_Zeros)
    for kind in get_args(get_type_hints(telemetry.inference_done)["kind"]):
        telemetry.inference_done(kind, 1.0, 1.0)
    for kind in get_args(get_type_hints(telemetry.translated)["kind"]):
        telemetry.translated(kind, 1, 1.0)
    for final in (True, False):
        telemetry.caption_published(final=final, lag_seconds=1.0)
    telemetry.utterance_rejected("REASON")
    telemetry.audio_received(1)
    for line in telemetry.render().decode().splitlines():
        sample = line.rpartition(" ")[0]
        if sample.startswith("assistant_") and 'le="' not in sample:
            yield sample


def error_codes() -> Iterator[str]:
    """Yield the code of every error class."""
    _app()
    import_module("assistant.client.errors")
    yield from (kind.code for kind in _subclasses(AssistantError) if kind.__module__.startswith("assistant."))


def log_events() -> Iterator[str]:
    """Yield events of the log, and each with its keys."""
    for tree in _trees().values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="_log")), args=[said, *_], keywords=keys):
                    for event in _texts(said):
                        yield event
                        yield from (f"{event} {key.arg}" for key in keys)
                # What is wrong with settings is found in one place and logged in another.
                case ast.Tuple(elts=[said, about]) if any(map(_is_setting, _texts(about))):
                    yield from (event for event in _texts(said) if not _is_setting(event))


def routes() -> Iterator[str]:
    """Yield every route with its method, its parameters and the types of its body."""
    app = _app()
    document = app.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            yield route
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "path":
                    name = f"{route} {parameter['in']} {parameter['name']}"
                    yield from (name, *(f"{name}={choice}" for choice in _choices(parameter["schema"])))
            yield from (
                f"{route} takes {kind}" for kind in operation.get("requestBody", {}).get("content", ())
            )
    for known in _routes(app):
        path = getattr(known, "path", "")
        if path not in document["paths"]:
            methods = getattr(known, "methods", None) or {type(known).__name__}
            yield from (f"{method} {path}" for method in methods)


def json_keys() -> Iterator[str]:
    """Yield the keys of messages, of minutes, and of what commands print."""
    documented = _app().openapi()["components"]["schemas"]
    yield from _of_schema("", {"$defs": documented})
    for model in _subclasses(BaseModel):
        if model.__module__.startswith("assistant.web.") and model.__name__ not in documented:
            # Those of sockets and events are known by their `type`, whatever the code calls them.
            kind = model.model_fields.get("type")
            name = str(get_args(kind.annotation)[0]) if kind else model.__name__
            yield from _of_schema(name, model.model_json_schema(mode="serialization"))
    yield from _of_schema("minutes", json.loads((ROOT / "docs" / "minutes.schema.json").read_text("utf-8")))
    for path, tree in _trees().items():
        if path.stem in _REPORTS and path.parent.name != "cli":
            yield from (f"command: {field}" for field in _dataclass_fields(tree))


def written_keys() -> Iterator[str]:
    """Yield the keys of what is written out by hand, or asked for by its name."""
    for path, tree in _trees().items():
        place = path.relative_to(PACKAGE).parts[0]
        if place in _PLACES or _SENDERS.fullmatch(path.stem):
            said = place if place in _PLACES else "sent"
            yield from (f"{said}: {key}" for key in _keys(tree) if _KEY.fullmatch(key))


KINDS: Mapping[str, Callable[[], Iterator[str]]] = {
    each.__name__: each
    for each in (settings, commands, metrics, error_codes, log_events, routes, json_keys, written_keys)
}


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_were_given_out_are_still_there(kind: str) -> None:
    """Whoever wrote a dashboard, a script or a client against a name finds it again."""
    known = json.loads(SNAPSHOT.read_text("utf-8"))[kind]
    assert known, "a snapshot of nothing shows nothing"
    now = set(KINDS[kind]())
    assert [name for name in known if name not in now] == [], "gone; keep the old name beside the new one"
    assert sorted(_given_out(kind, now) - set(known)) == [], f"new: `{COMMAND}` adds them to {SNAPSHOT.name}"


def test_every_kind_is_in_the_snapshot() -> None:
    """None is compared with nothing."""
    assert json.loads(SNAPSHOT.read_text("utf-8")).keys() == KINDS.keys()


def _given_out(kind: str, names: set[str]) -> set[str]:
    """Return the names that others can know of: hand-written keys only if a page has them."""
    if kind != written_keys.__name__:
        return names
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    documented = {key for code in _CODE.findall(pages) for key in _KEY.findall(code)}
    return {name for name in names if name.partition(": ")[2] in documented}


class _Zeros:
    """Stands for the statistics of a service in which nothing happens."""

    def __getattr__(self, _name: str) -> int:
        return 0


def _choices(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values of a setting that has fixed ones."""
    yield from map(str, schema.get("enum", ()))
    for key in ("anyOf", "items"):
        parts = schema.get(key, ())
        for part in [parts] if isinstance(parts, dict) else parts:
            yield from _choices(part)


def _of_command(name: str, command: Any) -> Iterator[str]:
    yield name
    for parameter in command.params:
        names = [*parameter.opts, *parameter.secondary_opts]
        yield from (f"{name} {option}" for option in names)
    for part, subcommand in getattr(command, "commands", {}).items():
        yield from _of_command(f"{name} {part}", subcommand)


@cache
def _trees() -> Mapping[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def _texts(node: ast.AST) -> list[str]:
    """Return every text that stands in an expression: of `"a" if … else "b"` both."""
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def _is_setting(text: str) -> bool:
    return text.startswith("ASSISTANT_")


@cache
def _app() -> FastAPI:
    """Return all routes, without a service behind them."""
    app = FastAPI(docs_url=None, redoc_url=None)
    for path in sorted((PACKAGE / "web").glob("*.py")):
        module = import_module(f"assistant.web.{path.stem}")
        for name, value in vars(module).items():
            if name.endswith("_router") and value.__module__ == module.__name__:
                app.include_router(value())
    services = import_module("assistant.web.services")
    import_module("assistant.web.pages").install_pages(app, services.WebSettings())
    import_module("assistant.web.contract").install_contract(app)
    return app


def _routes(app: FastAPI) -> Iterator[BaseRoute]:
    """Yield the routes themselves, also those that routers keep to themselves."""
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            waiting += router.routes


def _subclasses(kind: type[K]) -> Iterator[type[K]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _of_schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the properties of a JSON schema and of all in it, with texts that can only be one of some."""
    for key, value in schema.items():
        if key == "$defs":
            for other, described in value.items():
                yield from _of_schema(other, described)
        elif key == "properties":
            for field, described in value.items():
                yield f"{name}.{field}"
                yield from _of_schema(f"{name}.{field}", described)
        elif key in {"enum", "const"}:
            yield from (f"{name}={choice}" for choice in (value if key == "enum" else [value]))
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            yield from _of_schema(name, value)
        elif key in {"anyOf", "allOf", "oneOf"}:
            for part in value:
                yield from _of_schema(name, part)


def _keys(tree: ast.Module) -> Iterator[str]:
    """Yield the keys of dictionaries that are written out or into, and of what is asked for by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=keys):
                yield from (text for key in keys if isinstance(key, ast.Constant) for text in _texts(key))
            case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Store()):
                yield key
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
                yield key


def _dataclass_fields(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(decorator_list=[_, *_], name=name, body=body):
                for each in body:
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                        yield f"{name}.{each.target.id}"


def main() -> None:
    """Add the names of this working tree to the snapshot."""
    known = json.loads(SNAPSHOT.read_text("utf-8")) if SNAPSHOT.exists() else {}
    names = {
        kind: sorted({*known.get(kind, ()), *_given_out(kind, set(find()))}) for kind, find in KINDS.items()
    }
    SNAPSHOT.write_text(json.dumps(names, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"{SNAPSHOT}: {sum(map(len, names.values()))} names\n")


if __name__ == "__main__":
    main()
