"""The batch: what is left to do, in which order, and what each failure concerns.

Only this process writes. Whoever does a task gives bytes back, so a task that is killed, or done
again by another machine, leaves nothing behind.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from analysis.briefs import desk as desks_
from analysis.briefs import lines, outputs, record
from analysis.briefs.chapters import Executed, Job, run_chapter
from analysis.briefs.desk import Desk
from analysis.briefs.spec import Chapter
from analysis.briefs.workers import Failed, Failure, Hands, Outcome, Task

PRESS = "outputs"
Tell = Callable[[str], None]


class Trouble(NamedTuple):
    """A failure of one brief, in the words of its line: chapter, cell, what, and the remedy."""

    chapter: str
    failure: Failure

    def line(self, brief: str) -> str:
        """Say the failure on one line."""
        said, remedy = self.failure.said, self.failure.remedy
        for holder in [self.chapter, brief] if self.chapter != PRESS else [brief]:
            said = lines.say("failure.line", brief=holder, said=said)
        return lines.say("failure.mended", line=said, remedy=remedy) if remedy else said


class _Work(NamedTuple):
    """A chapter to run once, and every brief that has it."""

    key: str
    holders: list[tuple[Desk, Chapter]]


class State:
    """What became of one brief so far."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.open: set[str] = set()
        self.ran: list[str] = []
        self.made: list[str] = []
        self.troubles: list[Trouble] = []
        self.began: float | None = None
        self.seconds = 0.0

    def left(self) -> float:
        """Tell the seconds that the time limit of the brief leaves; the clock starts here."""
        self.began = self.began or time.monotonic()
        return self.began + self.desk.edition.spec.time_limit - time.monotonic()


class Batch:
    """All briefs of one run: what is waiting, what is being done, what has ended."""

    def __init__(self, desks: Sequence[Desk], tell: Tell, *, kernels: bool) -> None:
        self.states = {desk.edition.name: State(desk) for desk in desks}
        self._tell = tell
        self._kernels = kernels
        self._current: dict[str, tuple[Desk, Chapter]] = {}
        self._chapters = self._sorted_out(desks)
        self._presses: deque[State] = deque()
        self._running: dict[str, _Work | State] = {}
        self._fingerprints: dict[str, dict[str, str]] = {}
        self._took: dict[str, list[float]] = {}
        self.total = len(self._chapters)
        self.done = 0
        for state in self.states.values():
            self._close(state)

    @property
    def idle(self) -> bool:
        """True if nothing has to be run or made."""
        return not (self._chapters or self._presses or self._running)

    def run(self, hands: Hands) -> None:
        """
        Do everything.

        Parameters
        ----------
        hands : Hands
            Whoever does the tasks.

        Examples
        --------
        >>> Batch([], print, kernels=False).run.__name__
        'run'
        """
        while not self.idle:
            while len(self._running) < hands.slots and (task := self._next_task()):
                hands.start(task)
            for outcome in hands.ended() if self._running else ():
                self._settle(outcome)

    def _sorted_out(self, desks: Sequence[Desk]) -> deque[_Work]:
        """Set aside what is current, and gather what is the same work in several briefs."""
        work: dict[str, _Work] = {}
        for desk in desks:
            for chapter in desk.edition.chapters:
                key = desks_.job_key(desk, chapter)
                if desks_.is_current(desk, chapter):
                    self._current.setdefault(key, (desk, chapter))
                else:
                    work.setdefault(key, _Work(key, [])).holders.append((desk, chapter))
                    self.states[desk.edition.name].open.add(key)
        for key in [key for key in work if key in self._current]:
            self._share(work.pop(key), *self._current[key])
        return deque(work.values())

    def _put(self, work: _Work, put: Callable[[Desk, Chapter], None]) -> bool:
        """Put a chapter in place for the first whose folder can be written, and share it on."""
        for at, holder in enumerate(work.holders, start=1):
            if self._written(work.key, holder, put):
                self._share(_Work(work.key, work.holders[at:]), *holder)
                return True
        return False

    def _share(self, work: _Work, desk: Desk, chapter: Chapter) -> None:
        for holder in work.holders:
            self._written(work.key, holder, partial(desks_.share_chapter, other=desk, same=chapter))

    def _written(
        self, key: str, holder: tuple[Desk, Chapter], write: Callable[[Desk, Chapter], None]
    ) -> bool:
        """Write what is one brief's, which is then done with the chapter, written or not."""
        self._ended(key, holder)
        return self._tried(holder, write)

    def _tried(self, holder: tuple[Desk, Chapter], write: Callable[[Desk, Chapter], None]) -> bool:
        """A folder that cannot be written concerns no other brief."""
        desk, chapter = holder
        try:
            write(desk, chapter)
        except OSError as refusal:
            trouble = Trouble(chapter.name, _unwritten(desk, refusal))
            self._state(holder).troubles.append(trouble)
            return False
        return True

    def _ended(self, key: str, holder: tuple[Desk, Chapter]) -> None:
        state = self._state(holder)
        state.ran.append(holder[1].name)
        state.open.discard(key)

    def _next_task(self) -> Task | None:
        """Take the next task: a brief that can be finished before a chapter that can be begun."""
        if self._presses:
            return self._press_task(self._presses.popleft())
        while self._chapters:
            work = self._chapters.popleft()
            limit = self._limit(work)
            refusal = _missing(work) or (Failure.of("late") if limit <= 0 else None)
            if refusal:
                self._fail(work, refusal)
            elif holders := self._within_reach(work):
                return self._chapter_task(_Work(work.key, holders), limit)
        return None

    def _within_reach(self, work: _Work) -> list[tuple[Desk, Chapter]]:
        """Let go of the briefs whose folder cannot be written: nothing is to be run for them."""
        held, lost = [], []
        for holder in work.holders:
            (held if self._tried(holder, desks_.open_folder) else lost).append(holder)
        if not held:
            self._say_chapter(work, None)
        self._let_go(_Work(work.key, lost))
        return held

    def _let_go(self, work: _Work) -> None:
        for holder in work.holders:
            self._ended(work.key, holder)
        for state in self._states(work):
            self._close(state)

    def _limit(self, work: _Work) -> float:
        """Give a chapter what its brief has left; what many briefs wait for starts no clock."""
        if len(work.holders) > 1:
            return max(desk.edition.spec.time_limit for desk, _ in work.holders)
        return self._state(work.holders[0]).left()

    def _chapter_task(self, work: _Work, limit: float) -> Task:
        desk, chapter = work.holders[0]
        job = Job(chapter.name, chapter.notebook, chapter.told, desk.around.root)
        places = desk.around.named_places(chapter)
        told = {"places": places, "sha256": desk.around.notebook_hash(chapter.notebook)}
        job = job._replace(kernel=job.kernel or self._kernels, **told)
        self._running[work.key] = work
        return Task(work.key, run_chapter, (job,), limit)

    def _press_task(self, state: State) -> Task:
        name = state.desk.edition.name
        order = desks_.order(state.desk, list(self._fingerprints[name]))
        self._running[name] = state
        return Task(name, outputs.make_outputs, (order,), state.desk.edition.spec.time_limit)

    def _settle(self, outcome: Outcome) -> None:
        work = self._running.pop(outcome.key)
        if isinstance(work, State):
            self._settle_press(work, outcome)
        elif outcome.failure:
            self._fail(work, outcome.failure)
        else:
            self._settle_chapter(work, outcome)

    def _settle_chapter(self, work: _Work, outcome: Outcome) -> None:
        desk, chapter = work.holders[0]
        executed: Executed = outcome.result
        places = desk.around.named_places(chapter) | desk.strayed(executed.read)
        if moved := desk.around.moved(places):
            self._fail(work, _moved(moved))
            return
        told = {"content": executed.content, "read": executed.read, "seconds": outcome.seconds}
        put = self._put(work, partial(desks_.put_chapter, **told))
        self._took.setdefault(chapter.notebook.stem, []).append(outcome.seconds)
        self._say_chapter(work, outcome.seconds if put else None)
        for state in self._states(work):
            state.seconds += outcome.seconds / len(work.holders)
            self._close(state)

    def _fail(self, work: _Work, failure: Failure) -> None:
        for holder in work.holders:
            self._state(holder).troubles.append(Trouble(holder[1].name, failure))
        self._say_chapter(work, None)
        self._let_go(work)

    def _say_chapter(self, work: _Work, seconds: float | None) -> None:
        told = {"who": _who(work), "chapter": work.holders[0][1].name}
        if seconds is None:
            self._step(lines.say("run.chapter_failed", **told))
        else:
            self._step(lines.say("run.done", **told, seconds=seconds))

    def _close(self, state: State) -> None:
        """Have a brief made whose chapters have all been run, unless one of them failed."""
        if state.open:
            return
        name = state.desk.edition.name
        if not state.troubles:
            self._fingerprints[name] = desks_.outdated_outputs(state.desk)
            if self._fingerprints[name]:
                self._presses.append(state)
                self.total += 1
                return
        self._say_end(state)

    def _settle_press(self, state: State, outcome: Outcome) -> None:
        name = state.desk.edition.name
        state.seconds += outcome.seconds
        self._took.setdefault(PRESS, []).append(outcome.seconds)
        failure = outcome.failure
        if not failure and (moved := state.desk.moved()):
            failure = _moved(moved)
        if not failure:
            try:
                made = self._fingerprints[name]
                desks_.put_outputs(state.desk, outcome.result, made, outcome.seconds)
                state.made = list(outcome.result)
            except Failed as refused:
                failure = refused.failure
            except OSError as refusal:
                failure = _unwritten(state.desk, refusal)
        if failure:
            state.troubles.append(Trouble(PRESS, failure))
        files = ", ".join(outputs.file_name(state.desk.edition, one) for one in state.made)
        made = {} if failure else {"folder": shown(state.desk), "files": files}
        self._step(lines.say("run.failed" if failure else "run.made", who=name, **made))
        self._say_end(state)

    def _say_end(self, state: State) -> None:
        desk = state.desk
        told = {"who": desk.edition.name, "folder": shown(desk)}
        if state.troubles and record.read_record(desk.folder / "run.json"):
            self._tell(lines.say("run.earlier", **told))
        elif not (state.ran or state.made or state.troubles):
            self._tell(lines.say("run.unchanged", **told))

    def _step(self, line: str) -> None:
        self.done += 1
        told, seconds = {"line": line, "done": self.done, "total": self.total}, self._time_left()
        if seconds < 1:
            self._tell(lines.say("run.step", **told))
        else:
            self._tell(lines.say("run.step_left", **told, left=said_seconds(seconds)))

    def _time_left(self) -> float:
        kinds = [work.holders[0][1].notebook.stem for work in self._chapters]
        unmade = sum(1 for state in self.states.values() if state.open) + len(self._presses)
        return time_left([*kinds, *[PRESS] * unmade], self._took, max(1, len(self._running) + 1))

    def _state(self, holder: tuple[Desk, Chapter]) -> State:
        return self.states[holder[0].edition.name]

    def _states(self, work: _Work) -> Iterator[State]:
        yield from {id(state): state for state in map(self._state, work.holders)}.values()


def time_left(waiting: Sequence[str], took: dict[str, list[float]], slots: int) -> float:
    """
    Estimate how long the rest of a batch takes, from what has been done of it.

    Parameters
    ----------
    waiting : sequence of str
        Kind of each step that is not done, such as the name of its notebook.
    took : dict of str to list of float
        Kind to the seconds that each step of it took.
    slots : int
        How many steps are done at a time.

    Returns
    -------
    float
        Seconds, 0 or more; a kind not seen yet counts as the mean of all that were.

    Examples
    --------
    >>> time_left(["a", "a", "b"], {"a": [2.0, 4.0]}, slots=2)
    4.5
    """
    everything = [seconds for own in took.values() for seconds in own]
    if not everything:
        return 0.0
    mean = sum(everything) / len(everything)
    each = {kind: sum(own) / len(own) for kind, own in took.items()}
    return sum(each.get(kind, mean) for kind in waiting) / slots


def said_seconds(seconds: float) -> str:
    """
    Say a time as a person would.

    Parameters
    ----------
    seconds : float
        The time.

    Returns
    -------
    str
        Seconds, minutes or hours, in the language of the run.

    Examples
    --------
    >>> said_seconds(40), said_seconds(200), said_seconds(8000)
    ('40 s', '3 min', '2.2 h')
    """
    if seconds < 100:
        return lines.say("run.seconds", number=seconds)
    if seconds < 6000:
        return lines.say("run.minutes", number=seconds / 60)
    return lines.say("run.hours", number=seconds / 3600)


def shown(desk: Desk) -> str:
    """
    Name the folder of a brief as a reader may be told it.

    Parameters
    ----------
    desk : Desk
        The brief.

    Returns
    -------
    str
        The folder below that of the project, or its name alone.

    Examples
    --------
    >>> shown.__name__
    'shown'
    """
    root = desk.around.root
    inside = desk.folder.is_relative_to(root)
    return desk.folder.relative_to(root).as_posix() if inside else desk.folder.name


def _missing(work: _Work) -> Failure | None:
    """Refuse a chapter whose place is not there: a folder that is away concerns no other place."""
    desk, chapter = work.holders[0]
    missing = desk.around.missing_places(chapter)
    return Failure.of("away", place=missing[0]) if missing else None


def _unwritten(desk: Desk, refusal: OSError) -> Failure:
    """Name the folder, and not the file: it is told once then for all chapters."""
    reason = refusal.strerror or str(refusal)
    return Failure.of("unwritten", folder=shown(desk), reason=reason)


def _moved(paths: Sequence[str]) -> Failure:
    """Refuse what was made while its data changed: no record could say of what."""
    failure = Failure.of("moved", path=paths[0])
    if len(paths) == 1:
        return failure
    said = lines.say("failure.moved.more", path=paths[0], more=len(paths) - 1)
    return failure._replace(said=said)


def _who(work: _Work) -> str:
    first, others = work.holders[0][0].edition.name, len(work.holders) - 1
    return lines.say("run.several", first=first, others=others) if others else first
