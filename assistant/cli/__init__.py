"""The command line, `assistant`."""

from __future__ import annotations

import errno
import os
import signal
import sys
from types import FrameType

_INTERRUPTED = 128 + signal.SIGINT
"""What shells call the end by Ctrl-C."""

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Why nothing more can be written, which is no fault of the command."""


def main() -> None:
    """Run the command that the arguments name; an expected error ends with one sentence and code 1.

    Ctrl-C ends it with code 130 and without a word, whatever was under way; the service and the demo finish
    first what they have begun.
    """
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        # While a second of imports goes on, nothing has begun that would have to be finished.
        signal.signal(signal.SIGINT, _leave)
    from assistant.cli.memory import prepare_libraries

    prepare_libraries()
    # Only now: the commands import numpy, which reads its environment while it is imported.
    from assistant.cli.application import build
    from assistant.cli.console import complain
    from assistant.core.errors import AssistantError

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        build()()
    except AssistantError as error:
        complain(error.message)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        complain(f"Not all could be written ({error.strerror}).")
        # What is left in a buffer would be written again at the end, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    finally:
        if interruptible:
            # Nor does the end of the interpreter, which waits for threads, show where it was.
            signal.signal(signal.SIGINT, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)
