"""Language tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from assistant.core.errors import LanguageUnknown

AUTO = "auto"
"""Stands for a spoken language that is to be detected."""

SOURCE = "source"
"""Stands for the language in which each caption was said, where a language to read is chosen."""

SPOKEN_LANGUAGES = frozenset(
    (
        "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he "
        "hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl "
        "nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz "
        "vi yi yo yue zh "
    ).split()
)
"""BCP-47 codes that multilingual Whisper recognises (the openai/whisper tokenizer's list)."""

_ALIASES = MappingProxyType(
    dict(
        pair.split(":")
        for pair in (
            # Codes that were replaced, and those of variants that Whisper knows under one name.
            "iw:he in:id ji:yi jv:jw mo:ro sh:sr nb:no fil:tl cmn:zh arb:ar pes:fa prs:fa uzn:uz "
            "zsm:ms swh:sw ekk:et lvs:lv als:sq azj:az khk:mn npi:ne plt:mg pbt:ps ydd:yi gsw:de "
            # ISO 639-2, as browsers, phones and media files have it.
            "afr:af amh:am ara:ar asm:as aze:az bak:ba bel:be bul:bg ben:bn bod:bo tib:bo bre:br bos:bs "
            "cat:ca ces:cs cze:cs cym:cy wel:cy dan:da deu:de ger:de ell:el gre:el eng:en spa:es est:et "
            "eus:eu baq:eu fas:fa per:fa fin:fi fao:fo fra:fr fre:fr glg:gl guj:gu hau:ha heb:he hin:hi "
            "hrv:hr hat:ht hun:hu hye:hy arm:hy ind:id isl:is ice:is ita:it jpn:ja jav:jw kat:ka geo:ka "
            "kaz:kk khm:km kan:kn kor:ko lat:la ltz:lb lin:ln lao:lo lit:lt lav:lv mlg:mg mri:mi mao:mi "
            "mkd:mk mac:mk mal:ml mon:mn mar:mr msa:ms may:ms mlt:mt mya:my bur:my nep:ne nld:nl dut:nl "
            "nno:nn nob:no nor:no oci:oc pan:pa pol:pl pus:ps por:pt ron:ro rum:ro rus:ru san:sa snd:sd "
            "sin:si slk:sk slo:sk slv:sl sna:sn som:so sqi:sq alb:sq srp:sr sun:su swe:sv swa:sw tam:ta "
            "tel:te tgk:tg tha:th tuk:tk tgl:tl tur:tr tat:tt ukr:uk urd:ur uzb:uz vie:vi yid:yi yor:yo "
            "zho:zh chi:zh "
        ).split()
    )
)
"""Other codes of the same languages, as people and programs write them."""

UNSPACED_LANGUAGES = frozenset("bo ja km lo my th yue zh".split())
"""Languages that put no space between words, nor between sentences."""

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def parse_language(tag: str) -> str:
    """Return the primary subtag of a BCP-47 `tag` in lower case (`pt-BR` gives `pt`).

    Raises:
        LanguageUnknown: `tag` is no tag, or no language that the service knows.
    """
    if _TAG.fullmatch(tag):
        primary = tag.split("-", 1)[0].lower()
        primary = _ALIASES.get(primary, primary)
        if primary in SPOKEN_LANGUAGES:
            return primary
    raise LanguageUnknown(
        f"“{tag[:40]}” is no language tag that this service knows, such as fr, en or pt-BR."
    )


def parse_spoken_language(tag: str) -> str:
    """Return `auto` or what `parse_language` returns."""
    return AUTO if tag == AUTO else parse_language(tag)


def pinned_language(language: str) -> str | None:
    """Return a spoken language that was named, or None for one that is to be detected."""
    return None if language == AUTO else language


@dataclass(frozen=True, slots=True)
class ReaderLanguages:
    """What a reader wants to see.

    Attributes:
        source: Whether captions are shown as they were said.
        translation: The language they are shown in besides, or instead; empty for none.
    """

    source: bool = True
    translation: str = ""

    @classmethod
    def parse(cls, text: str) -> ReaderLanguages:
        """Return what `source`, a tag such as `fr`, or both (`source,fr`) ask for.

        Raises:
            LanguageUnknown: A part is neither, or there are two languages.
        """
        parts = [part.strip() for part in text.split(",")]
        tags = list(dict.fromkeys(parse_language(part) for part in parts if part != SOURCE))
        if len(tags) > 1:
            raise LanguageUnknown(
                "One language can be shown at a time, beside what was said: lang=source,fr."
            )
        return cls(SOURCE in parts, tags[0] if tags else "")

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return ",".join(filter(None, (SOURCE if self.source else "", self.translation)))
