"""What people in a meeting may ask of the listener, and what it answers."""

from __future__ import annotations

import json
from typing import Protocol

from assistant.core.errors import LanguageUnavailable, MessageInvalid, NotFound
from assistant.core.json_bounds import check_json
from assistant.core.language import SOURCE
from assistant.core.meetings.meeting import check_flag, parse_wanted_language

_FLAGS = {"": True, "true": True, "false": False}
"""What a plain text says to `captions.opt_out`."""


class Asked(Protocol):
    """A listener that can be asked."""

    def readable(self) -> list[str]:
        """Return the languages that captions can be read in here."""

    async def url(self) -> str:
        """Return the address where captions can be read."""

    def set_language(self, identity: str, lang: str) -> None:
        """Show somebody captions in that language."""

    async def opt_out(self, identity: str, *, out: bool) -> bool:
        """Hear somebody no more, or again; return whether they are left out now."""


async def answer(listener: Asked, identity: str, method: str, payload: str) -> str:
    """Answer a request of a participant, in JSON.

    Args:
        listener: Is asked.
        identity: Who asks.
        method: `captions.set_language`, `captions.languages`, `captions.opt_out` or `captions.link`.
        payload: An object in JSON, a plain text, or nothing.

    Raises:
        LanguageUnknown, LanguageUnavailable: There is no such language, or none here.
        MessageInvalid: The payload is not what the method takes.
        NotFound: There is no such method.
    """
    asked = _fields(payload)
    match method:
        case "captions.set_language":
            lang = _check_language(listener, asked.get("language", asked.get("text")))
            listener.set_language(identity, lang)
            return json.dumps({"language": lang})
        case "captions.languages":
            return json.dumps({"languages": [SOURCE, *listener.readable()]})
        case "captions.opt_out":
            text = asked.get("text")
            wish = _FLAGS.get(text.lower(), text) if isinstance(text, str) else True
            out = check_flag(asked.get("opt_out", wish), "opt_out")
            return json.dumps({"opt_out": await listener.opt_out(identity, out=out)})
        case "captions.link":
            return json.dumps({"url": await listener.url()})
        case _:
            raise NotFound(f"There is no request “{method[:60]}”.")


def _check_language(listener: Asked, text: object) -> str:
    if not isinstance(text, str):
        raise MessageInvalid("“language” must be a language tag such as fr, or “source”.")
    lang = parse_wanted_language(text)
    readable = listener.readable()
    if lang != SOURCE and lang not in readable:
        offered = ", ".join((SOURCE, *readable))
        raise LanguageUnavailable(f"This room cannot show “{lang}”; it shows {offered}.")
    return lang


def _fields(payload: str) -> dict[str, object]:
    """Return what a request holds: an object in JSON, or a plain text as `text`."""
    if not payload.lstrip().startswith("{"):
        return {"text": payload.strip().strip('"')}
    try:
        check_json(payload.encode())
        fields = json.loads(payload)
    except ValueError as error:
        raise MessageInvalid("The request is not JSON.") from error
    return dict(fields)
