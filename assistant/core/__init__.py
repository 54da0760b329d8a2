"""The domain: no input or output, no clock, no asyncio, no logging."""
