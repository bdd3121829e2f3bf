"""Work that may bring its process down is done in another one."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SILENCE = 900.0
"""Seconds after which a process that says nothing is given up: opening and listing an index of
millions of vectors takes minutes."""


class DiedError(Exception):
    """The other process came to its end before its work did; the message says how."""


def do_apart(work: Callable[..., Any], *arguments: object, told: Callable[..., object]) -> Any:
    """What `work(*arguments, tell)` returns, called in another process; what it says to `tell` is
    passed on to `told`. Work, arguments and result can be pickled.

    Raises:
        DiedError: it crashed, raised, or was silent for `SILENCE` seconds.
    """
    import multiprocessing

    # A forked process would share locks and open files with this one.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, work, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        while ours.poll(SILENCE):
            is_result, said = ours.recv()
            if is_result:
                return said
            told(*said)
        raise DiedError(f"silent for {SILENCE:.0f} s")
    except EOFError:
        process.join()
        code = process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise DiedError(how) from None
    finally:
        process.kill()
        process.join()
        ours.close()


def _work(connection: Connection, work: Callable[..., Any], *arguments: object) -> None:
    # Ctrl-C is for the process that waits, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(*said: object) -> None:
        connection.send((False, said))

    connection.send((True, work(*arguments, tell)))
