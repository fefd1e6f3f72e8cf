"""Tasks, each in a process of its own, a few at a time.

A process for each task makes a time limit and a crash the affair of that task alone. Where forking
is safe, the processes are forked from a foreman: a process that has imported everything once, and
that ends, with all it has started, as soon as the process that hired it is gone.
"""

import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import NamedTuple, Protocol

from analysis.briefs import lines

WORKERS = min(8, max(2, os.cpu_count() or 2))
FORKS = sys.platform == "linux"


class Failed(Exception):
    """A task that failed for a reason it can say: what, in which cell, and what to do."""

    def __init__(self, said: str, cell: str = "", remedy: str = "") -> None:
        super().__init__(said)
        self.failure = Failure(said, cell, remedy)


class Failure(NamedTuple):
    """Why a task failed: one sentence, the cell if there is one, and what to do about it."""

    said: str
    cell: str = ""
    remedy: str = ""

    @classmethod
    def of(cls, key: str, **values: object) -> "Failure":
        """Say what the catalogue has of a failure under `said` and `remedy`."""
        said = lines.say(f"failure.{key}.said", **values)
        return cls(said, remedy=lines.say(f"failure.{key}.remedy"))


class Task(NamedTuple):
    """Something to do apart: a function of a module, its arguments, and the seconds it may take."""

    key: str
    call: Callable[..., object]
    arguments: tuple
    limit: float


class Outcome(NamedTuple):
    """How a task ended: the seconds it took, and what it gave or why it failed."""

    key: str
    seconds: float
    result: object
    failure: Failure | None


class Hands(Protocol):
    """Whoever does the tasks: this machine's processes, or those of a cluster."""

    slots: int

    def start(self, task: Task) -> None:
        """Start a task."""

    def ended(self) -> list[Outcome]:
        """Wait until some tasks have ended."""

    def stop(self) -> None:
        """End everything at once."""


class _Running(NamedTuple):
    task: Task
    process: multiprocessing.Process
    ear: Connection
    started: float


class Crew:
    """Processes that this very process starts."""

    def __init__(self, method: str, slots: int = WORKERS) -> None:
        self.slots = slots
        self._context = multiprocessing.get_context(method)
        self._running: list[_Running] = []

    def start(self, task: Task) -> None:
        """
        Start a task in a process of its own.

        Parameters
        ----------
        task : Task
            What to do.

        Examples
        --------
        >>> Crew("spawn").start.__name__
        'start'
        """
        ear, mouth = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(task, mouth), name=task.key)
        process.start()
        mouth.close()
        self._running.append(_Running(task, process, ear, time.monotonic()))

    def ended(self, *also: Connection) -> list[Outcome]:
        """
        Wait until a task has ended, has run out of time, or something else is heard.

        Parameters
        ----------
        *also : Connection
            Others to listen to.

        Returns
        -------
        list of Outcome
            What has ended; empty if it was one of the others that was heard.

        Examples
        --------
        >>> Crew("spawn").ended()
        []
        """
        if not (self._running or also):
            return []
        heard = wait([*also, *(run.ear for run in self._running)], self._patience())
        done = [(run, *_last_word(run)) for run in self._running if run.ear in heard]
        now = time.monotonic()
        late = [r for r in self._running if r.ear not in heard and now - r.started >= r.task.limit]
        done += [(run, None, _out_of_time(run)) for run in late]
        self._running = [r for r in self._running if r not in [run for run, _, _ in done]]
        return [Outcome(r.task.key, now - r.started, gave, why) for r, gave, why in done]

    def stop(self) -> None:
        """
        Kill what is running.

        Examples
        --------
        >>> Crew("spawn").stop()
        """
        for run in self._running:
            _kill(run.process)
        for run in self._running:
            run.process.join()
        self._running = []

    def _patience(self) -> float | None:
        ends = [run.started + run.task.limit for run in self._running]
        return max(0.0, min(ends) - time.monotonic()) if ends else None


class Foreman:
    """A process that has imported everything, and forks another for each task."""

    def __init__(
        self,
        prepare: Callable[..., None],
        arguments: Sequence[str],
        told: dict[str, str],
        slots: int = WORKERS,
    ) -> None:
        self.slots = slots
        self._tasks: dict[str, Task] = {}
        self._gone, self._deaths = False, 0
        self._prepare, self._arguments, self._told = prepare, arguments, told
        self._hire()

    def _hire(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            asked = [self._prepare.__module__, self._prepare.__name__, *self._arguments]
            said = [str(theirs.fileno()), *asked]
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "from analysis.briefs import workers; workers.serve()",
                    *said,
                ],
                pass_fds=[theirs.fileno()],
                env=os.environ | self._told,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._socket, self._line = ours, Connection(os.dup(ours.fileno()))
        # Large tasks and large outcomes may meet on the line, so that neither end may wait to be
        # heard before it listens.
        self._letters: SimpleQueue[Task | None] = SimpleQueue()
        self._post = threading.Thread(target=self._send, daemon=True)
        self._post.start()

    def start(self, task: Task) -> None:
        """
        Hand a task over.

        Parameters
        ----------
        task : Task
            What to do.

        Examples
        --------
        >>> Foreman.start.__name__
        'start'
        """
        self._tasks[task.key] = task
        self._letters.put(task)

    def ended(self) -> list[Outcome]:
        """
        Wait until a task has ended.

        Returns
        -------
        list of Outcome
            What has ended. A foreman that dies is replaced once, and nothing has ended then; if
            the second dies too, all that was started has failed.

        Examples
        --------
        >>> Foreman.ended.__name__
        'ended'
        """
        try:
            outcome = self._line.recv()
        except (EOFError, OSError):
            return self._lost()
        self._tasks.pop(outcome.key)
        return [outcome]

    def _lost(self) -> list[Outcome]:
        self._deaths += 1
        if self._deaths > 1:
            self._gone = True
            lost, self._tasks = self._tasks, {}
            return [Outcome(key, 0.0, None, Failure.of("died")) for key in lost]
        self._hang_up()
        self._hire()
        for task in self._tasks.values():
            self._letters.put(task)
        return []

    @property
    def alive(self) -> bool:
        """True while the foreman can be given tasks."""
        return not self._gone

    def stop(self) -> None:
        """
        Hang up: the foreman ends, with all it has started.

        Examples
        --------
        >>> Foreman.stop.__name__
        'stop'
        """
        self._hang_up()

    def _hang_up(self) -> None:
        self._letters.put(None)
        # The foreman may be gone already.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._post.join()
        self._line.close()
        self._socket.close()
        self._process.wait()

    def _send(self) -> None:
        while (task := self._letters.get()) is not None:
            # If the foreman is gone, `ended` says so of every task it was given.
            with suppress(OSError):
                self._line.send(task)


def hire(
    prepare: Callable[..., None],
    arguments: Sequence[str],
    told: dict[str, str],
    slots: int | None = None,
) -> Hands:
    """
    Hire whoever does tasks on this machine: a foreman where forking is safe.

    Parameters
    ----------
    prepare : callable
        What the foreman does first; a function of a module.
    arguments : sequence of str
        What it is given.
    told : dict of str to str
        What the processes find in their environment.
    slots : int, optional
        How many tasks at a time; one for each core, if not said.

    Returns
    -------
    Hands
        Stop them at the end.

    Examples
    --------
    >>> hire.__name__
    'hire'
    """
    if FORKS:
        return Foreman(prepare, arguments, told, slots or WORKERS)
    os.environ.update(told)
    return Crew("spawn", slots or WORKERS)


def serve() -> None:
    """
    Be the foreman: prepare, then fork for each task that comes, until the line is dead.

    Examples
    --------
    >>> serve.__name__
    'serve'
    """
    import importlib  # noqa: PLC0415 - only a foreman needs it

    # The keyboard's interrupt is for the process that hired this one, which then hangs up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line, (module, name, *arguments) = Connection(int(sys.argv[1])), sys.argv[2:]
    getattr(importlib.import_module(module), name)(*arguments)
    crew = Crew("fork")
    try:
        while True:
            for outcome in crew.ended(line):
                line.send(outcome)
            while line.poll():
                crew.start(line.recv())
    except (EOFError, OSError):
        crew.stop()


@contextmanager
def environment(told: Mapping[str, str]) -> Iterator[None]:
    """
    Set variables of the environment for a while, and put back what was there.

    Parameters
    ----------
    told : mapping of str to str
        Name to value.

    Yields
    ------
    None

    Examples
    --------
    >>> with environment({"ANALYSIS_DATA": "here"}):
    ...     os.environ["ANALYSIS_DATA"]
    'here'
    """
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


def one_line(text: str) -> str:
    """
    Write a message on one line, without the colours of a terminal.

    Parameters
    ----------
    text : str
        The message.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> one_line("a\\n  b")
    'a / b'
    """
    return re.sub(r"\s*\n\s*", " / ", re.sub(r"\x1b\[[0-9;]*m", "", text).strip())


def _work(task: Task, mouth: Connection) -> None:
    """Do one task in this process, and say how it ended."""
    if hasattr(os, "setsid"):
        # What a cell starts is of this group, and ends with it.
        os.setsid()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        mouth.send((task.call(*task.arguments), None))
    except Failed as failed:
        mouth.send((None, failed.failure))
    except Exception as failed:  # noqa: BLE001 - said in full to the parent, which decides
        mouth.send((None, Failure(one_line(f"{type(failed).__name__}: {failed}"))))


def _die_with_parent() -> None:
    """End this process when its parent is gone, so that nobody works on for no one."""
    wait([multiprocessing.parent_process().sentinel])
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _kill(process: multiprocessing.Process) -> None:
    """Kill a task with all that its cells have started; one that has just begun has no group."""
    with suppress(AttributeError, OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _last_word(run: _Running) -> tuple[object, Failure | None]:
    """Hear how a task ended, and end with it what its cells have left at work."""
    try:
        said = run.ear.recv()
    except (EOFError, OSError):
        said = (None, Failure.of("died"))
    # Nobody waits for it: a process takes a while to give its memory back.
    _kill(run.process)
    return said


def _out_of_time(run: _Running) -> Failure:
    _kill(run.process)
    run.process.join()
    return Failure.of("slow")
