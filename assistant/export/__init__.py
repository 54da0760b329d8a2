"""Transcripts as files: text, Markdown, JSON, WebVTT and SubRip."""
