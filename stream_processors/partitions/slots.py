"""TrackedSemaphore: so many at once may have one, and anybody can see whether one is taken at all."""

import asyncio


class TrackedSemaphore:
    """A semaphore that tells whether it is idle."""

    def __init__(self, slots: int) -> None:
        self._free = asyncio.Semaphore(slots)
        self._taken = 0

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a slot, or waits for one."""
        return self._taken == 0

    async def acquire(self) -> None:
        """Take a slot, when one is free."""
        self._taken += 1
        try:
            await self._free.acquire()
        except asyncio.CancelledError:
            self._taken -= 1
            raise

    def release(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._free.release()
