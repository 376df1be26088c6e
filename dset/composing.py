"""What is sent for a row, made of its cells and its picture: beside the loop, and of as many rows as memory bears."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from dset.contents import Question
from dset.failures import Failure, Kind
from dset.messages import Messages, weight
from dset.rooms import Room
from dset.threads import Threads
from dset.turns import Turn

ROOM = 256 << 20  # bytes that the pictures of rows on their way may take
_THREADS = 16  # that read and scale pictures


class Composer:
    """Makes the messages of rows. Use within one event loop."""

    def __init__(self, compose: Callable[[Question], Messages], weigh: Callable[[Question], int]) -> None:
        """`compose` raises ValueError for a row that cannot be sent; `weigh` says how many bytes of memory it takes."""
        self._compose, self._weigh = compose, weigh
        self._room = Room(ROOM)
        self._threads = Threads(_THREADS)
        self._is_stopped = False

    def stop(self) -> None:
        """Nothing more is to be sent: nobody waits for room any longer."""
        self._is_stopped = True
        self._room.open()

    @contextlib.asynccontextmanager
    async def composed(self, turn: Turn) -> AsyncIterator[Failure | None]:
        """`turn.messages` as long as the block runs: made once. Why they cannot be sent, None where nothing is wrong.

        A row for which there was no room before the run stopped has none.
        """
        weight_before = 0 if turn.messages else self._weigh(turn.question)
        async with self._room.taken(weight_before) as keep:
            failure = None
            if not turn.messages and not (weight_before and self._is_stopped):
                failure = await self.compose(turn)
                keep(weight(turn.messages or []))
            try:
                yield failure
            finally:
                turn.messages = turn.first = None  # its room is given away

    async def compose(self, turn: Turn) -> Failure | None:
        """Make `turn.messages`, whether there is room or not. Why they cannot be sent."""
        try:
            if turn.question.image:  # reading and scaling it takes a while: others go on meanwhile
                loop = asyncio.get_running_loop()
                made = loop.run_in_executor(self._threads, self._compose, turn.question)
                turn.messages = await made
            else:
                turn.messages = self._compose(turn.question)
        except (ValueError, MemoryError, RecursionError) as error:
            return Failure(Kind.ROW_FAULT, str(error) or repr(error))
        return None
