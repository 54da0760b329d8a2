"""What the operating system says when nothing can be kept, in words; all of it passes when somebody acts."""

from __future__ import annotations

import errno

from assistant.core.errors import StoreUnavailable

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EROFS: "the disk is read-only",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.EIO: "the disk fails",
}


def is_disk_error(error: OSError) -> bool:
    """Whether an error tells of the disk or of descriptors, and not of an address or a connection."""
    return error.errno in _REASONS


def reason_of(error: OSError) -> str:
    """Return why nothing can be kept, without paths."""
    return _REASONS.get(error.errno or 0, "the disk fails")


def not_kept(what: str, error: OSError) -> StoreUnavailable:
    """Return what is said where something could not be written; `what` begins the sentence."""
    return StoreUnavailable(f"{what} cannot be kept now: {reason_of(error)}. Try again later.")
