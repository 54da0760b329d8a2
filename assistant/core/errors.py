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

Each class has a stable `code`, which clients may rely on, and says in `retryable` whether the
same request can succeed later. The message is a sentence the reader can act on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class AssistantError(Exception):
    """Anything this service reports to somebody, with a `code` that never changes."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        # A sentence may name what somebody sent, and has to get out whatever that was.
        message = message.encode("utf-8", "replace").decode()
        super().__init__(message)
        self.message = message


class InvalidInput(AssistantError):
    """The request cannot work as it is."""

    code = "invalid_input"


class RoomNameInvalid(InvalidInput):
    """A room name has characters or a length that rooms may not have."""

    code = "room_name_invalid"


class ParticipantInvalid(InvalidInput):
    """A participant id or name is missing, too long or has control characters."""

    code = "participant_invalid"


class EncodingUnknown(InvalidInput):
    """The audio encoding is neither `pcm_s16le` nor `opus`."""

    code = "encoding_unknown"


class SampleRateInvalid(InvalidInput):
    """The sample rate lies outside 8-48 kHz."""

    code = "sample_rate_invalid"


class ChannelsInvalid(InvalidInput):
    """Audio has neither one nor two channels."""

    code = "channels_invalid"


class LanguageUnknown(InvalidInput):
    """The text is no language tag that the service knows."""

    code = "language_unknown"


class LanguageUnavailable(InvalidInput):
    """The language exists, but this room cannot show it."""

    code = "language_unavailable"


class AudioMalformed(InvalidInput):
    """The bytes are not audio of the announced encoding."""

    code = "audio_malformed"


class MessageInvalid(InvalidInput):
    """A text frame is not a message of the protocol, or came where audio is due."""

    code = "message_invalid"


class FrameTooLarge(InvalidInput):
    """One frame holds more bytes than the service accepts."""

    code = "frame_too_large"


class UrlTooLong(InvalidInput):
    """The address of a request is longer than the service reads, or has too many parameters."""

    code = "url_too_long"


class HeadersTooLarge(InvalidInput):
    """A request has more headers, or more bytes in them, than the service reads."""

    code = "headers_too_large"


class BodyEncoded(InvalidInput):
    """The body of a request is compressed, which this service never unpacks."""

    code = "body_encoded"


class NestedTooDeep(InvalidInput):
    """Lists and objects in JSON stand in each other more often than anything that is read here."""

    code = "nested_too_deep"


class TextTooLong(InvalidInput):
    """A text would have more characters than one of its kind may."""

    code = "text_too_long"


class SinceInFuture(InvalidInput):
    """A reader claims to have seen events that never happened."""

    code = "since_in_future"


class FormatUnknown(InvalidInput):
    """There is no such transcript format."""

    code = "format_unknown"


class FileUnreadable(InvalidInput):
    """A recording cannot be read as audio."""

    code = "file_unreadable"


class RecordingCorrupt(InvalidInput):
    """A file is no recording, or nothing of it can be decoded."""

    code = "recording_corrupt"


class RecordingWithoutAudio(InvalidInput):
    """A recording has no audio stream."""

    code = "recording_without_audio"


class RecordingTooLong(InvalidInput):
    """A recording lasts longer than this service takes."""

    code = "recording_too_long"


class RecordingTooLarge(InvalidInput):
    """A recording has more bytes than this service takes."""

    code = "recording_too_large"


class SourceForbidden(InvalidInput):
    """The operator does not allow to fetch recordings from there."""

    code = "source_forbidden"


class GlossaryInvalid(InvalidInput):
    """A glossary is no file of its format, has too many terms, or one that cannot be a name or a word."""

    code = "glossary_invalid"


class WorkTooLarge(InvalidInput):
    """A document or a file takes more time or memory than one may take here."""

    code = "work_too_large"


class LevelUnknown(InvalidInput):
    """The scale has no such protection level."""

    code = "level_unknown"


class AgendaInvalid(InvalidInput):
    """A file is no agenda: not of its format or encoding, too long, or empty."""

    code = "agenda_invalid"


class OperationInvalid(InvalidInput):
    """A change to minutes names nothing that is there, or gives it a value that it cannot have."""

    code = "operation_invalid"


class RecipientMissing(InvalidInput):
    """Copies at this level are numbered, and nobody is named who gets this one."""

    code = "recipient_missing"


class CaptionsApart(InvalidInput):
    """Two captions do not follow each other, or are of different speakers, so they cannot be one."""

    code = "captions_apart"


class SplitInvalid(InvalidInput):
    """There are no words on one side of where a caption is to be split."""

    code = "split_invalid"


class NotFound(AssistantError):
    """What was asked for does not exist."""

    code = "not_found"


class RoomUnknown(NotFound):
    """There is no room of that name."""

    code = "room_unknown"


class CaptionUnknown(NotFound):
    """The room has no caption of that id."""

    code = "caption_unknown"


class SessionUnknown(NotFound):
    """There is no audio session of that id to resume in this room."""

    code = "session_unknown"


class JobUnknown(NotFound):
    """There is no such job, or it was a while ago."""

    code = "job_unknown"


class ListenerUnknown(NotFound):
    """Nobody listens to that meeting."""

    code = "listener_unknown"


class LinkUnknown(NotFound):
    """The room has no such link for readers, or it opens nothing any more."""

    code = "link_unknown"


class MinutesUnknown(NotFound):
    """The room has no minutes, or no such version of them."""

    code = "minutes_unknown"


class AudioNotKept(NotFound):
    """The audio of a caption was not kept, or is gone."""

    code = "audio_not_kept"


class Refused(AssistantError):
    """The caller may not do this."""

    code = "refused"


class TokenMissing(Refused):
    """The service wants a token and got none."""

    code = "token_missing"


class TokenInvalid(Refused):
    """The token is not one the service accepts: unknown, changed, expired or taken back.

    Whoever tries tokens learns nothing from the answer, so there is one message for all.
    """

    code = "token_invalid"

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "The token is not one that this service accepts. A link opens nothing once it has ended or was"
            " taken back: ask for a new one."
        )


class ScopeInsufficient(Refused):
    """The token is valid, but does not open what was asked for."""

    code = "scope_insufficient"


class OriginForbidden(Refused):
    """A web page of another origin tried to use the service."""

    code = "origin_forbidden"


class SignatureInvalid(Refused):
    """A webhook's signature is missing, or not one of a key that is known here."""

    code = "signature_invalid"


class LoweringRefused(Refused):
    """A protection level is lowered only by who may, and with a reason."""

    code = "lowering_refused"


class Conflict(AssistantError):
    """Somebody else was there before; the caller must look again."""

    code = "conflict"


class RevisionConflict(Conflict):
    """A change was made to an older revision than the present one.

    `changes` tells what came in between, each as a document for JSON; `captions` are
    those that are concerned, as they are now.
    """

    code = "revision_conflict"

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

    code = "minutes_frozen"


class Displaced(AssistantError):
    """A connection was let go so that the others are well served."""

    code = "displaced"
    retryable = True


class ParticipantReplaced(Displaced):
    """A newer connection of the same participant took over."""

    code = "participant_replaced"
    retryable = False


class IdleTimeout(Displaced):
    """Nothing came over the connection for too long."""

    code = "idle_timeout"


class ReaderTooSlow(Displaced):
    """A reader did not take captions off the connection for too long."""

    code = "reader_too_slow"


class RequestTooSlow(Displaced):
    """A request took longer to come than anybody needs."""

    code = "request_too_slow"


class RoomDeleted(Displaced):
    """The room was deleted while the connection was open."""

    code = "room_deleted"
    retryable = False


class LimitReached(AssistantError):
    """One caller has as much open as one may have; the others are to be served as well."""

    code = "limit_reached"
    retryable = True


class TooManyConnections(LimitReached):
    """One address or one token has as many connections as one may have."""

    code = "too_many_connections"


class TooManyReaders(LimitReached):
    """One token reads as often at a time as one may."""

    code = "too_many_readers"


class TooManyTracks(LimitReached):
    """One token has as many audio tracks as one may have."""

    code = "too_many_tracks"


class Unavailable(AssistantError):
    """The service cannot do this now."""

    code = "unavailable"
    retryable = True


class CapacityReached(Unavailable):
    """One more track would harm those that are running."""

    code = "capacity_reached"


class WorkersBusy(Unavailable):
    """Too many documents are made or read at the moment."""

    code = "workers_busy"


class ShuttingDown(Unavailable):
    """The service is finishing open work and takes no more."""

    code = "shutting_down"


class ModelMissing(Unavailable):
    """The weights are not on this machine; `assistant models pull` fetches them."""

    code = "model_missing"


class StoreUnavailable(Unavailable):
    """The transcript store or the audio journal cannot be written."""

    code = "store_unavailable"


class DiskLow(StoreUnavailable):
    """So little space is free that what is left of it is kept for captions."""

    code = "disk_low"


class DataFolderInUse(Unavailable):
    """Another service works with this data folder."""

    code = "data_folder_in_use"
    retryable = False


class TranslationFailed(Unavailable):
    """A text could not be translated; it is shown as it was said."""

    code = "translation_failed"


class RecognitionFailed(Unavailable):
    """The recogniser could not read a stretch of speech; it is tried again later."""

    code = "recognition_failed"


class MeetingUnreachable(Unavailable):
    """The platform of a meeting does not answer, or the connection to it broke."""

    code = "meeting_unreachable"


class MeetingRefused(Unavailable):
    """The platform of a meeting does not accept our key; an operator has to set the right one."""

    code = "meeting_refused"


class MeetingsNotConfigured(Unavailable):
    """No platform is configured whose meetings could be joined."""

    code = "meetings_not_configured"
    retryable = False


class RecordingUnreachable(Unavailable):
    """A recording is not where it should be, or its host does not answer."""

    code = "recording_unreachable"


class WebhookFailed(Unavailable):
    """Whoever was to be told of something did not confirm it."""

    code = "webhook_failed"


class DocsNotConfigured(Unavailable):
    """No place is configured where documents could be published."""

    code = "docs_not_configured"
    retryable = False


class DocsUnreachable(Unavailable):
    """The place where documents are published does not answer."""

    code = "docs_unreachable"


class DocsRefused(Unavailable):
    """The place where documents are published did not take one."""

    code = "docs_refused"
    retryable = False


class ModelUnreachable(Unavailable):
    """The operator's language model does not answer, or not in time."""

    code = "model_unreachable"


class ModelAnswerInvalid(Unavailable):
    """The operator's language model answers what nothing can be made of."""

    code = "model_answer_invalid"


class ArchiveInvalid(InvalidInput):
    """A tar archive is none, is compressed, or claims what no honest one holds."""

    code = "archive_invalid"


class WeightsError(AssistantError):
    """Weights could not be fetched, checked or unpacked."""

    code = "weights_error"


class SourceUnreachable(WeightsError):
    """No source of a model could be reached."""

    code = "source_unreachable"
    retryable = True


class HashMismatch(WeightsError):
    """A file is not the one that the catalogue names; it was deleted."""

    code = "hash_mismatch"


class ModelUnknown(WeightsError):
    """The catalogue has no such model."""

    code = "model_unknown"


class BundleInvalid(WeightsError):
    """An archive is no bundle of weights, or is damaged."""

    code = "bundle_invalid"


class PackageInvalid(WeightsError):
    """A text model is damaged, incomplete, or of a kind that no engine reads."""

    code = "package_invalid"


class BundleUntrusted(WeightsError):
    """Only what a known key has signed is installed here, and this is not."""

    code = "bundle_untrusted"


class KeyInvalid(WeightsError):
    """A key that signs bundles, or checks their signatures, cannot be used."""

    code = "key_invalid"


class BackupFailed(AssistantError):
    """A backup could not be written, or not be brought back."""

    code = "backup_failed"


class BackupInvalid(BackupFailed):
    """A file is no backup, is damaged, or holds something that it does not name."""

    code = "backup_invalid"
