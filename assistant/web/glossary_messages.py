"""Glossaries as they stand in JSON."""

from __future__ import annotations

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term


class TermMessage(BaseModel):
    """A name or a term; what is not known of it stays away."""

    model_config = ConfigDict(frozen=True)

    term: str
    language: str = ""
    sounds_like: tuple[str, ...] = ()
    translations: dict[str, str] = Field(default_factory=dict)
    keep: bool = False

    @classmethod
    def of(cls, term: Term) -> TermMessage:
        """Return the message for a term."""
        known = {
            "language": term.language,
            "sounds_like": term.sounds_like,
            "translations": dict(term.translations),
            "keep": term.keep,
        }
        return cls.model_validate(
            {"term": term.spelling} | {name: part for name, part in known.items() if part}
        )

    def to_term(self) -> Term:
        """Return the term, not checked yet."""
        return Term(self.term, self.language, self.sounds_like, tuple(self.translations.items()), self.keep)


class GlossaryMessage(BaseModel):
    """Names and terms, the most important first; a plain text is a term of which nothing else is known."""

    model_config = ConfigDict(frozen=True)

    terms: list[TermMessage | str]

    @classmethod
    def of(cls, glossary: Glossary) -> GlossaryMessage:
        """Return the message for a glossary."""
        return cls(terms=[TermMessage.of(term) for term in glossary.terms])

    def to_glossary(self) -> Glossary:
        """Return the glossary; raises `GlossaryInvalid`."""
        return Glossary.of(term if isinstance(term, str) else term.to_term() for term in self.terms)


def parse_glossary(body: bytes) -> Glossary:
    """Return the glossary in the JSON of a request.

    Raises:
        RequestValidationError: It is not JSON, or has another shape.
        GlossaryInvalid: A term cannot be one, or there are too many.
    """
    try:
        message = GlossaryMessage.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [fault | {"loc": ("body", *fault["loc"])} for fault in faults]
        ) from error
    return message.to_glossary()
