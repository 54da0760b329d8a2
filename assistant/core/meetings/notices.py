"""What people in a meeting are told when a listener comes, and when they choose whether they are heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from assistant.core.meetings.notice_words import WORDS, NoticeWords

NOTICE_TOPIC = "meeting-assistant"
"""The topic of the data messages that say who listens, where captions can be read and what is published."""

NOTICE_LANGUAGES = frozenset(WORDS)
"""Languages in which there is a notice."""


@dataclass(frozen=True, slots=True)
class Means:
    """What one person can see and do in the client that they use: nothing else is promised to them.

    Attributes:
        page: Whether they have a page of their own where they choose whether they are heard.
        chat: Whether what they write in the chat reaches the listener.
        listed_as: How the listener is called among the participants; empty: it is not seen there.
        recording_sign: Whether their client shows a sign of its own while the listener is there.
        panel: Whether their client shows captions behind a button.
    """

    page: bool = False
    chat: bool = True
    listed_as: str = ""
    recording_sign: bool = False
    panel: bool = False


def listening_notices(languages: Iterable[str], means: Means, *, heard: bool = True) -> dict[str, str]:
    """Return the notice that somebody listens, by language; in English where none of them is known.

    Args:
        languages: The languages of the meeting, the most important one first.
        means: What the one who is told can see and do.
        heard: Whether they are heard; else it says that they are not.
    """

    def notice(words: NoticeWords) -> str:
        return _sentences(
            words.listening,
            "" if heard else words.not_heard,
            _ways(words, means, heard=heard),
            words.sign_name.format(name=means.listed_as) if means.listed_as else "",
            words.sign_recording if means.recording_sign else "",
            words.sign_page if means.page else "",
            words.panel if means.panel else "",
        )

    return _in(languages, notice)


def choice_notices(languages: Iterable[str], means: Means, *, heard: bool) -> dict[str, str]:
    """Return what somebody is told who chose whether they are heard, by language."""
    return _in(
        languages,
        lambda words: _sentences(
            words.heard_again if heard else words.not_heard, _ways(words, means, heard=heard)
        ),
    )


def help_notices(languages: Iterable[str]) -> dict[str, str]:
    """Return which words the listener understands in the chat, by language."""
    return _in(
        languages,
        lambda words: _sentences(
            _ways(words, Means(chat=True), heard=True), _ways(words, Means(chat=True), heard=False)
        ),
    )


def deaf_notices(languages: Iterable[str]) -> dict[str, str]:
    """Return the notice that nothing can be heard for want of a key, by language."""
    return _in(languages, lambda words: words.cannot_hear)


def minutes_notices(languages: Iterable[str]) -> dict[str, str]:
    """Return the notice that minutes are published, by language."""
    return _in(languages, lambda words: words.minutes)


def chat_text(notices: Mapping[str, str], url: str = "", page_url: str = "") -> str:
    """Return notices as one text for people.

    Each begins with the name of who tells it: a hidden listener has none that a client could show.

    Args:
        notices: By language.
        url: Where the captions can be read; empty: nowhere.
        page_url: The address of the page of the one person who is told; empty: they have none.
    """
    lines = [f"[{WORDS[lang].sender}] {notice}" for lang, notice in notices.items()]
    told = [WORDS[lang] for lang in notices]
    for address, labels in (
        (url, [words.read for words in told]),
        (page_url, [words.page for words in told]),
    ):
        if address:
            *others, last = labels
            lines.append(f"{' / '.join([*(label.rstrip(' :') for label in others), last])} {address}")
    return "\n".join(lines)


def sender_name(languages: Iterable[str]) -> str:
    """Return how the listener is called where it is seen, in all these languages at once."""
    return " / ".join(_in(languages, lambda words: words.sender).values())


def _ways(words: NoticeWords, means: Means, *, heard: bool) -> str:
    """Return how somebody who is heard, or is not, changes that; empty where they cannot."""
    word = f"/{words.nouns[0]} {(words.no if heard else words.yes)[0]}"
    ways = [words.on_page] if means.page else []
    ways += [words.in_chat.format(word=word)] if means.chat else []
    lead = words.refuse if heard else words.agree
    return f"{lead} {f' {words.or_} '.join(ways)}." if ways else ""


def _sentences(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _in(languages: Iterable[str], wording: Callable[[NoticeWords], str]) -> dict[str, str]:
    chosen = [lang for lang in dict.fromkeys(languages) if lang in WORDS]
    return {lang: wording(WORDS[lang]) for lang in chosen or ["en"]}
