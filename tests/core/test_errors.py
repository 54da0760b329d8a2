"""The codes of errors, on which clients rely."""

from __future__ import annotations

from collections.abc import Iterator

import assistant.client.errors
from assistant.core.errors import AssistantError

RETRYABLE = set(
    (
        "capacity_reached disk_low displaced docs_unreachable idle_timeout limit_reached meeting_refused "
        "meeting_unreachable model_answer_invalid model_missing model_unreachable reader_too_slow "
        "recognition_failed recording_unreachable request_too_slow service_unreachable shutting_down "
        "source_unreachable store_unavailable too_many_connections too_many_readers too_many_tracks "
        "translation_failed unavailable webhook_failed workers_busy"
    ).split()
)

FINAL = set(
    (
        "agenda_invalid archive_invalid audio_malformed audio_not_kept backup_failed backup_invalid "
        "body_encoded bundle_invalid bundle_untrusted caption_unknown captions_apart channels_invalid "
        "conflict contract_broken data_folder_in_use docs_not_configured docs_refused encoding_unknown "
        "file_unreadable format_unknown frame_too_large glossary_invalid hash_mismatch headers_too_large "
        "internal invalid_input job_unknown key_invalid language_unavailable language_unknown "
        "level_unknown link_unknown listener_unknown lowering_refused meetings_not_configured "
        "message_invalid minutes_frozen minutes_unknown model_unknown nested_too_deep not_found "
        "operation_invalid origin_forbidden package_invalid participant_invalid participant_replaced "
        "recipient_missing recording_corrupt recording_too_large recording_too_long "
        "recording_without_audio refused revision_conflict room_deleted room_name_invalid room_unknown "
        "sample_rate_invalid scope_insufficient service_error session_unknown signature_invalid "
        "since_in_future source_forbidden split_invalid text_too_long token_invalid token_missing "
        "url_too_long weights_error work_too_large characters_unprintable meeting_cancelled rough_unconfirmed"
    ).split()
)


def kinds(root: type[AssistantError]) -> Iterator[type[AssistantError]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def test_codes_stay_what_they_are() -> None:
    """They are named after classes, and no renamed class changes what clients see."""
    ours = assistant.client.errors.__name__, AssistantError.__module__
    found = {kind for kind in kinds(AssistantError) if kind.__module__ in ours}
    assert {kind.code for kind in found if kind.retryable} == RETRYABLE
    assert {kind.code for kind in found if not kind.retryable} == FINAL
    assert len({kind.code for kind in found}) == len(found)


def test_a_renamed_class_may_keep_its_code() -> None:
    """What a class says of itself counts."""

    class SomethingElse(AssistantError):
        code = "what_it_was"

    class Plain(SomethingElse):
        pass

    assert (SomethingElse.code, Plain.code) == ("what_it_was", "plain")
