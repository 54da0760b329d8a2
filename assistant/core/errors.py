"""The one error tree.

::

    AssistantError
    ├── InvalidInput            the caller must change the request
    │   ├── RoomNameInvalid  ParticipantInvalid  EncodingUnknown  SampleRateInvalid
    │   ├── ChannelsInvalid  LanguageUnknown  LanguageUnavailable  AudioMalformed
    │   ├── MessageInvalid  FrameTooLarge  SinceInFuture  FormatUnknown
    │   ├── UrlTooLong  HeadersTooLarge  BodyEncoded  NestedTooDeep  TextTooLong
    │   ├── FileUnreadable  GlossaryInvalid
    │   ├── RecordingCorrupt  RecordingWithoutAudio  RecordingTooLong  RecordingTooLarge
    │   ├── SourceForbidden
    │   ├── WorkTooLarge
    │   ├── CharactersUnprintable
    │   ├── LevelUnknown  AgendaInvalid  OperationInvalid  RecipientMissing
    │   └── CaptionsApart  SplitInvalid
    ├── NotFound                RoomUnknown  CaptionUnknown  SessionUnknown  ListenerUnknown  LinkUnknown
    │                           JobUnknown  MinutesUnknown  AudioNotKept
    ├── Refused                 TokenMissing  TokenInvalid  ScopeInsufficient  OriginForbidden
    │                           SignatureInvalid  LoweringRefused
    ├── Conflict                RevisionConflict  MinutesFrozen
    ├── Displaced               ParticipantReplaced  IdleTimeout  ReaderTooSlow  RoomDeleted
    │                           RequestTooSlow
    ├── LimitReached            TooManyConnections  TooManyReaders  TooManyTracks
    ├── Unavailable             CapacityReached  ShuttingDown  ModelMissing
    │   ├── StoreUnavailable    DiskLow  DataFolderInUse
    │   ├── WorkersBusy
    │   ├── TranslationFailed  MeetingUnreachable
    │   ├── MeetingsNotConfigured  MeetingRefused  RecordingUnreachable  WebhookFailed
    │   ├── DocsNotConfigured  DocsUnreachable  DocsRefused
    │   └── ModelUnreachable  ModelAnswerInvalid
    └── WeightsError            SourceUnreachable  HashMismatch  ModelUnknown  BundleInvalid
                                PackageInvalid

Each class has a stable `code`, which clients may rely on: its own name, so `RoomUnknown` is `room_unknown`.
It says in `retryable` whether the same request can succeed later. The message is a sentence the reader can
act on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar


class AssistantError(Exception):
    """Anything this service reports to somebody, with a `code` that never changes."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        # Codes are documented, stored and sent: a class that is renamed says what its code was.
        super().__init_subclass__()
        if "code" not in vars(cls):
            cls.code = re.sub(r"\B(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str) -> None:
        # A sentence may name what somebody sent, and has to get out whatever that was.
        message = message.encode("utf-8", "replace").decode()
        super().__init__(message)
        self.message = message


class InvalidInput(AssistantError):
    """The request cannot work as it is."""


class RoomNameInvalid(InvalidInput):
    """A room name has characters or a length that rooms may not have."""


class ParticipantInvalid(InvalidInput):
    """A participant id or name is missing, too long, or has nothing that can be seen."""


class EncodingUnknown(InvalidInput):
    """The audio encoding is neither `pcm_s16le` nor `opus`."""


class SampleRateInvalid(InvalidInput):
    """The sample rate lies outside 8-48 kHz."""


class ChannelsInvalid(InvalidInput):
    """Audio has neither one nor two channels."""


class LanguageUnknown(InvalidInput):
    """The text is no language tag that the service knows."""


class LanguageUnavailable(InvalidInput):
    """The language exists, but this room cannot show it."""


class AudioMalformed(InvalidInput):
    """The bytes are not audio of the announced encoding."""


class MessageInvalid(InvalidInput):
    """A text frame is not a message of the protocol, or came where audio is due."""


class FrameTooLarge(InvalidInput):
    """One frame holds more bytes than the service accepts."""


class UrlTooLong(InvalidInput):
    """The address of a request is longer than the service reads, or has too many parameters."""


class HeadersTooLarge(InvalidInput):
    """A request has more headers, or more bytes in them, than the service reads."""


class BodyEncoded(InvalidInput):
    """The body of a request is compressed, which this service never unpacks."""


class NestedTooDeep(InvalidInput):
    """Lists and objects in JSON stand in each other more often than anything that is read here."""


class TextTooLong(InvalidInput):
    """A text would have more characters than one of its kind may."""


class SinceInFuture(InvalidInput):
    """A reader claims to have seen events that never happened."""


class FormatUnknown(InvalidInput):
    """There is no such transcript format."""


class FileUnreadable(InvalidInput):
    """A recording cannot be read as audio."""


class RecordingCorrupt(InvalidInput):
    """A file is no recording, or nothing of it can be decoded."""


class RecordingWithoutAudio(InvalidInput):
    """A recording has no audio stream."""


class RecordingTooLong(InvalidInput):
    """A recording lasts longer than this service takes."""


class RecordingTooLarge(InvalidInput):
    """A recording has more bytes than this service takes."""


class SourceForbidden(InvalidInput):
    """The operator does not allow to fetch recordings from there."""


class GlossaryInvalid(InvalidInput):
    """A glossary is no file of its format, has too many terms, or one that cannot be a name or a word."""


class WorkTooLarge(InvalidInput):
    """A document or a file takes more time or memory than one may take here."""


class CharactersUnprintable(InvalidInput):
    """No font of this machine has some characters of a document; the sentence says which."""


class LevelUnknown(InvalidInput):
    """The scale has no such protection level."""


class AgendaInvalid(InvalidInput):
    """A file is no agenda: not of its format or encoding, too long, or empty."""


class MeetingCancelled(AgendaInvalid):
    """A calendar file says that its meeting does not take place."""


class OperationInvalid(InvalidInput):
    """A change to minutes names nothing that is there, or gives it a value that it cannot have."""


class RoughUnconfirmed(InvalidInput):
    """Minutes can only be translated roughly into that language, and no clerk has said that this may be."""


class RecipientMissing(InvalidInput):
    """Copies at this level are numbered, and nobody is named who gets this one."""


class CaptionsApart(InvalidInput):
    """Two captions do not follow each other, or are of different speakers, so they cannot be one."""


class SplitInvalid(InvalidInput):
    """There are no words on one side of where a caption is to be split."""


class NotFound(AssistantError):
    """What was asked for does not exist."""


class RoomUnknown(NotFound):
    """There is no room of that name."""


class CaptionUnknown(NotFound):
    """The room has no caption of that id."""


class SessionUnknown(NotFound):
    """There is no audio session of that id to resume in this room."""


class JobUnknown(NotFound):
    """There is no such job, or it was a while ago."""


class ListenerUnknown(NotFound):
    """Nobody listens to that meeting."""


class LinkUnknown(NotFound):
    """The room has no such link for readers, or it opens nothing any more."""


class MinutesUnknown(NotFound):
    """The room has no minutes, or no such version of them."""


class AudioNotKept(NotFound):
    """The audio of a caption was not kept, or is gone."""


class Refused(AssistantError):
    """The caller may not do this."""


class TokenMissing(Refused):
    """The service wants a token and got none."""


class TokenInvalid(Refused):
    """The token is not one the service accepts: unknown, changed, expired or taken back.

    Whoever tries tokens learns nothing from the answer, so there is one message for all.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "The token is not one that this service accepts. A link opens nothing once it has ended or was"
            " taken back: ask for a new one."
        )


class ScopeInsufficient(Refused):
    """The token is valid, but does not open what was asked for."""


class OriginForbidden(Refused):
    """A web page of another origin tried to use the service."""


class SignatureInvalid(Refused):
    """A webhook's signature is missing, or not one of a key that is known here."""


class LoweringRefused(Refused):
    """A protection level is lowered only by who may, and with a reason."""


class Conflict(AssistantError):
    """Somebody else was there before; the caller must look again."""


class RevisionConflict(Conflict):
    """A change was made to an older revision than the present one.

    `changes` tells what came in between, each as a document for JSON; `captions` are
    those that are concerned, as they are now.
    """

    def __init__(
        self,
        message: str,
        *,
        revision: int,
        changes: Sequence[Mapping[str, object]] = (),
        captions: Sequence[object] = (),
    ) -> None:
        super().__init__(message)
        self.captions = tuple(captions)
        self.revision = revision
        self.changes = tuple(changes)


class MinutesFrozen(Conflict):
    """Approved or published minutes are not changed; a new draft supersedes them."""


class Displaced(AssistantError):
    """A connection was let go so that the others are well served."""

    retryable = True


class ParticipantReplaced(Displaced):
    """A newer connection of the same participant took over."""

    retryable = False


class IdleTimeout(Displaced):
    """Nothing came over the connection for too long."""


class ReaderTooSlow(Displaced):
    """A reader did not take captions off the connection for too long."""


class RequestTooSlow(Displaced):
    """A request took longer to come than anybody needs."""


class RoomDeleted(Displaced):
    """The room was deleted while the connection was open."""

    retryable = False


class LimitReached(AssistantError):
    """One caller has as much open as one may have; the others are to be served as well."""

    retryable = True


class TooManyConnections(LimitReached):
    """One address or one token has as many connections as one may have."""


class TooManyReaders(LimitReached):
    """One token reads as often at a time as one may."""


class TooManyTracks(LimitReached):
    """One token has as many audio tracks as one may have."""


class Unavailable(AssistantError):
    """The service cannot do this now."""

    retryable = True


class CapacityReached(Unavailable):
    """One more track would harm those that are running."""


class WorkersBusy(Unavailable):
    """Too many documents are made or read at the moment."""


class ShuttingDown(Unavailable):
    """The service is finishing open work and takes no more."""


class ModelMissing(Unavailable):
    """The weights are not on this machine; `assistant models pull` fetches them."""


class StoreUnavailable(Unavailable):
    """The transcript store or the audio journal cannot be written."""


class DiskLow(StoreUnavailable):
    """So little space is free that what is left of it is kept for captions."""


class DataFolderInUse(Unavailable):
    """Another service works with this data folder."""

    retryable = False


class TranslationFailed(Unavailable):
    """A text could not be translated; it is shown as it was said."""


class RecognitionFailed(Unavailable):
    """The recogniser could not read a stretch of speech; it is tried again later."""


class MeetingUnreachable(Unavailable):
    """The platform of a meeting does not answer, or the connection to it broke."""


class MeetingRefused(Unavailable):
    """The platform of a meeting does not accept our key; an operator has to set the right one."""


class MeetingsNotConfigured(Unavailable):
    """No platform is configured whose meetings could be joined."""

    retryable = False


class RecordingUnreachable(Unavailable):
    """A recording is not where it should be, or its host does not answer."""


class WebhookFailed(Unavailable):
    """Whoever was to be told of something did not confirm it."""


class DocsNotConfigured(Unavailable):
    """No place is configured where documents could be published."""

    retryable = False


class DocsUnreachable(Unavailable):
    """The place where documents are published does not answer."""


class DocsRefused(Unavailable):
    """The place where documents are published did not take one."""

    retryable = False


class ModelUnreachable(Unavailable):
    """The operator's language model does not answer, or not in time."""


class ModelAnswerInvalid(Unavailable):
    """The operator's language model answers what nothing can be made of."""


class ArchiveInvalid(InvalidInput):
    """A tar archive is none, is compressed, or claims what no honest one holds."""


class WeightsError(AssistantError):
    """Weights could not be fetched, checked or unpacked."""


class SourceUnreachable(WeightsError):
    """No source of a model could be reached."""

    retryable = True


class HashMismatch(WeightsError):
    """A file is not the one that the catalogue names; it was deleted."""


class ModelUnknown(WeightsError):
    """The catalogue has no such model."""


class BundleInvalid(WeightsError):
    """An archive is no bundle of weights, or is damaged."""


class PackageInvalid(WeightsError):
    """A text model is damaged, incomplete, or of a kind that no engine reads."""


class BundleUntrusted(WeightsError):
    """Only what a known key has signed is installed here, and this is not."""


class KeyInvalid(WeightsError):
    """A key that signs bundles, or checks their signatures, cannot be used."""


class BackupFailed(AssistantError):
    """A backup could not be written, or not be brought back."""


class BackupInvalid(BackupFailed):
    """A file is no backup, is damaged, or holds something that it does not name."""
