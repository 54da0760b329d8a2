"""What is shown in a LiveKit room: captions, pieces of them and announcements, as its clients read them."""

from __future__ import annotations

from collections.abc import Sequence

from livekit import rtc

from assistant.core.meetings.meeting import Announcement, CaptionChunk, CaptionLine

TRANSCRIPTION_TOPIC = "lk.transcription"
CHAT_TOPIC = "lk.chat"


async def send_line(sender: rtc.LocalParticipant, line: CaptionLine, to: Sequence[str]) -> None:
    """Send a caption as a text stream in the speaker's name."""
    attributes = {
        "lk.segment_id": line.segment,
        "lk.transcription_final": "true" if line.final else "false",
        "language": line.lang,
        "translated": "true" if line.translated else "false",
    }
    if line.rough:
        attributes["rough"] = "true"
    if line.track:
        attributes["lk.transcribed_track_id"] = line.track
    writer = await sender.stream_text(
        topic=TRANSCRIPTION_TOPIC,
        attributes=attributes,
        destination_identities=list(to),
        sender_identity=line.identity,
    )
    await writer.write(line.text)
    await writer.aclose()


async def send_chunk(sender: rtc.LocalParticipant, chunk: CaptionChunk) -> None:
    """Send a piece as the older transcription packet."""
    segment = rtc.TranscriptionSegment(
        id=chunk.id,
        text=chunk.text,
        start_time=round(chunk.start_seconds * 1000),
        end_time=round(chunk.end_seconds * 1000),
        language=chunk.lang,
        final=True,
    )
    await sender.publish_transcription(rtc.Transcription(chunk.identity, chunk.track, [segment]))


async def send_announcement(
    sender: rtc.LocalParticipant, announcement: Announcement, to: Sequence[str]
) -> None:
    """Send a data message for programs, and a line of the chat for people."""
    await sender.publish_data(
        announcement.document, topic=announcement.topic, destination_identities=list(to)
    )
    if announcement.text:
        await sender.send_text(
            announcement.text, topic=CHAT_TOPIC, destination_identities=list(to), compress=False
        )
