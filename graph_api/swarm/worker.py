"""Worker processes that solve assemblies, so that the event loop stays free."""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from graph_api.kernel.errors import Internal, RateLimited, Unavailable
from graph_api.swarm.answering import Check, Question, Reply, reply_to
from graph_api.swarm.clock import NoTurn
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.explaining.verifying import Verification, verify
from graph_api.swarm.problem import AssemblyProblem, Candidate, Slot

_log: Final = logging.getLogger(__name__)
_SPAWN: Final = multiprocessing.get_context("spawn")
_JOIN_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 30.0
"""A process that is so long past a deadline hangs: a step of its search takes a second at most."""
_TRIES: Final = 2
READY: Final = "ready"


class Failed(msgspec.Struct, frozen=True):
    """A question raised in the worker."""

    message: str


class _WorkerDied(Exception):
    """The process ended while it was asked."""


class SolverPool:
    """An async context manager that owns the processes.

    They are started, warmed up, replaced when one dies, and ended with the context; they also end by themselves when
    their parent is gone.
    """

    def __init__(self, *, processes: int, solves_max: int) -> None:
        self._workers = [_Worker() for _ in range(processes)]
        self._solves_max = solves_max
        self._solves = 0
        self._turns = asyncio.Semaphore(processes)
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._restarts: set[asyncio.Task[None]] = set()
        self._is_open = True

    async def __aenter__(self) -> Self:
        try:
            await asyncio.gather(*(worker.start() for worker in self._workers))
        except BaseException:  # whatever it was, cancelled too: no process may stay; it is raised again
            await self._end()
            raise
        for worker in self._workers:
            self._idle.put_nowait(worker)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The ids of the living processes."""
        return tuple(worker.process_id for worker in self._workers if worker.is_alive)

    @contextmanager
    def admitted(self) -> Generator[None]:
        """Count whoever is in the block among those who solve or wait; raises RateLimited where they are too many."""
        if self._solves >= self._solves_max:
            raise RateLimited(
                f"{self._solves} assemblies are being solved or wait already.", suggestion="Try again in a moment."
            )
        self._solves += 1
        try:
            yield
        finally:
            self._solves -= 1

    @asynccontextmanager
    async def turn(self, seconds: float) -> AsyncGenerator[None]:
        """Wait until a process is free for whoever is in the block, who was admitted.

        What is asked is best read within: a state read before the wait may be long outdated after it. Raises NoTurn
        where none is free in that time.
        """
        await self._take_turn(seconds)
        try:
            yield
        finally:
            self._turns.release()

    async def _take_turn(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError as fault:
            raise NoTurn from fault

    async def solve(self, question: Question) -> Reply:
        """Wait for a turn within the deadline and answer a question; raises what the steps of it raise."""
        with self.admitted():
            async with self.turn(question.deadline_seconds):
                return await self.answer(question)

    async def answer(self, question: Question) -> Reply:
        """Answer a question of somebody whose turn it is in a worker process; raises Internal where the solver fails.

        When the caller is cancelled, the process is ended and replaced, so that nobody waits for an answer that nobody
        wants.
        """
        answer = await self._asked(question)
        assert not isinstance(answer, Verification), "only a check is answered so"
        return answer

    async def check(self, asked: Check) -> Verification:
        """Check an answer of somebody whose turn it is, as `answer` does."""
        answer = await self._asked(asked)
        assert isinstance(answer, Verification), "nothing else answers a check"
        return answer

    async def _asked(self, question: Question | Check) -> Reply | Verification:
        # One that died while idle is found out by asking it, and costs a try.
        for _ in range(len(self._workers) + _TRIES):
            worker = await self._idle.get()
            try:
                async with asyncio.timeout(question.deadline_seconds + _GRACE_SECONDS):
                    answer = await worker.ask(question)
            except _WorkerDied:
                continue
            except TimeoutError as fault:
                raise Internal("A solver's process did not keep its deadline and was ended.") from fault
            finally:
                self._release(worker)
            if isinstance(answer, Failed):
                raise Internal(f"The solver failed: {answer.message}")
            return answer
        raise Internal("The solver's processes died over one question.", suggestion="Ask for less, or try later.")

    def _release(self, worker: "_Worker") -> None:
        if not self._is_open:
            raise Unavailable("The service is ending.")
        if worker.is_alive:
            self._idle.put_nowait(worker)
        else:
            self._keep(self._restart(worker))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)

    async def _restart(self, worker: "_Worker") -> None:
        try:
            await worker.start()
        except _WorkerDied:
            _log.exception("A solver process could not be started; the next question tries again.")
        self._idle.put_nowait(worker)

    async def _end(self) -> None:
        self._is_open = False
        for task in tuple(self._restarts):
            task.cancel()
        await asyncio.gather(*self._restarts, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in self._workers))


class _Worker:
    """One process, asked one question at a time over a pipe, by a thread of its own."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._connection: Connection[Any, Any] | None = None
        self._is_killed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="solver")

    @property
    def is_alive(self) -> bool:
        """Say whether the process runs and can be asked."""
        return not self._is_killed and self._process is not None and self._process.is_alive()

    @property
    def process_id(self) -> int:
        """The id of the process; 0 before it was started."""
        return (self._process.pid or 0) if self._process else 0

    async def start(self) -> None:
        """Start a process and wait until it is warm."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._start)
        except BaseException:  # a process that nobody waits for must end; the cause is raised again
            self._kill()
            raise

    async def ask(self, question: Question | Check) -> Reply | Verification | Failed:
        """Have a question answered; raises _WorkerDied. A caller who is cancelled ends the process."""
        if not self.is_alive:
            raise _WorkerDied
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._exchange, question)
        except BaseException:  # a process that nobody waits for must end; the cause is raised again
            self._kill()
            raise

    async def end(self) -> None:
        """End the process and the thread."""
        self._kill()
        await asyncio.to_thread(self._thread.shutdown)

    def _start(self) -> None:
        self._drop()
        self._is_killed = False
        self._connection, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_serve, args=(theirs,), name="swarmgraph-solver", daemon=True)
        process.start()
        self._process = process
        theirs.close()
        if self._exchange(None) != READY:
            raise _WorkerDied

    def _exchange(self, message: object) -> Any:
        connection = self._connection
        assert connection is not None, "a worker is started before it is asked"
        try:
            connection.send(message)
            return connection.recv()
        except (EOFError, OSError) as fault:
            raise _WorkerDied from fault

    def _kill(self) -> None:
        self._is_killed = True
        if (process := self._process) is not None:
            process.kill()
        self._thread.submit(self._drop)

    def _drop(self) -> None:
        """Reap what is left of the process; in the worker's thread, so never while it is being asked."""
        if self._process is not None:
            self._process.kill()
            self._process.join(_JOIN_SECONDS)
            self._process = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _serve(connection: "Connection[Any, Any]") -> None:
    """Answer questions until the pipe is closed; the first message only asks whether the process is warm."""
    # A terminal sends Ctrl-C to every process of its group; the parent alone decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    solver = CpSatSolver()
    solver.solve(_WARM_UP, deadline_seconds=10.0)
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        connection.send(READY if question is None else _reply(question, solver))


def _reply(question: Question | Check, solver: CpSatSolver) -> Reply | Verification | Failed:
    try:
        if isinstance(question, Check):
            return verify(question.problem, question.answer, question.deadline_seconds)
        return reply_to(question, solver)
    except Exception as fault:  # noqa: BLE001  # whatever fails is told to the caller, and the process lives on
        return Failed(f"{type(fault).__name__}: {fault}")


def _end_with_parent() -> None:
    """End this process at once when its parent has died, also in the middle of a solve."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


_WARM_UP: Final = AssemblyProblem(
    skill_ids=("skill:warm-up",),
    slots=(Slot(0, 1, 1),),
    headcount=1,
    headcount_least=1,
    candidates=(Candidate("person:warm-up", (1,)),),
)
