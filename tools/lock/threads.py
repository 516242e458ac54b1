"""Does much at once: threads that nobody waits for when something fails, and a folder for what they make."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Callable, TypeVar

from common.errors import CombinedError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for downloads and builds, which goes away as far as threads that nobody waits for let it."""
    folder = tempfile.mkdtemp()
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that nobody waits for when something fails: one may hang in a download for a minute.

    Args:
        count: how many.
    """
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def each(
    pool: ThreadPoolExecutor,
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
    what: str,
    name: Callable[[_Item], str] | None = None,
) -> list[_Result]:
    """The results in order; shows on standard error how far it is.

    Args:
        pool: the threads.
        function: what to do with each item.
        items: any.
        what: a word for them.
        name: what one that takes long is called. A terminal shows who is at work; else there is a line for each.
            With names all items are tried; without, it stops at the first failure.

    Raises:
        UserError: of the first item that failed, or `CombinedError` of all that did, in order.
    """
    from tqdm import tqdm  # type: ignore[import-untyped]

    tqdm.set_lock(threading.RLock())  # its own is for processes, too: Python would warn that it stays behind
    futures = {pool.submit(function, item): item for item in items}
    shown = sys.stderr.isatty()
    try:
        with tqdm(total=len(items), desc=what, leave=False, disable=not shown, file=sys.stderr) as bar:
            for count, future in enumerate(as_completed(futures), 1):
                if not (name and isinstance(future.exception(), UserError)):
                    future.result()
                bar.update()
                if name and shown:
                    bar.set_postfix_str(", ".join(name(item) for one, item in futures.items() if one.running()))
                elif name:
                    print(f"{what} {count}/{len(items)}: {name(futures[future])}", file=sys.stderr, flush=True)
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    errors = [error for error in (future.exception() for future in futures) if isinstance(error, UserError)]
    if len(errors) > 1:
        raise CombinedError(errors)
    return [future.result() for future in futures]
