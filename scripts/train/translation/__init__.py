"""A text model between two languages: deep encoder, shallow decoder, from parallel sentences."""
