"""A few threads for the pictures, and a short queue before them.

The event loop never waits for a picture, and a caller never waits for long: when the queue
is full, or somebody has waited too long in it, the answer is "later".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from device_bridge.api.errors import Unavailable

T = TypeVar("T")


class Workers:
    """Runs work in threads. Used from one event loop.

    Args:
        threads: pictures worked on at once.
        waiting: calls that may wait for a thread.
        longest_wait_s: after this long nobody is interested in the answer any more.
        at_work: entered for each piece of work; one that takes too long is noticed by it.
    """

    def __init__(
        self,
        threads: int,
        waiting: int,
        longest_wait_s: float,
        at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._at_work = at_work
        self._most = threads + waiting
        self._longest_wait_s = longest_wait_s
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="picture")
        self._taken = 0

    @property
    def taken(self) -> int:
        """Calls under way and waiting."""
        return self._taken

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises Unavailable when there is too much to do."""
        if self._taken >= self._most:
            raise _busy()
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, self._timely(work))
        # Not in a `finally` around the await: a caller who hangs up frees no thread.
        future.add_done_callback(self._leave)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Whatever waits is dropped; whatever is under way is finished."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _timely(self, work: Callable[[], T]) -> Callable[[], T]:
        latest_s = time.monotonic() + self._longest_wait_s

        def run() -> T:
            if time.monotonic() > latest_s:
                raise _busy()
            with self._at_work():
                return work()

        return run

    def _leave(self, future: asyncio.Future[T]) -> None:
        self._taken -= 1
        if not future.cancelled():
            future.exception()  # nobody may be left to ask for it


def _busy() -> Unavailable:
    return Unavailable("The service is busy; ask again.", retry_after_s=1)
