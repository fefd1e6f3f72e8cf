"""What every benchmark tells in the same way: memory, date and machine, and whether it is kept.

A run prints; it changes a file of `results/` only when asked by `--keep`.
"""

import contextlib
import io
import multiprocessing
import os
import platform
import sys
import threading
import time
from collections import namedtuple
from datetime import date
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
GIB = 2**30
PACKAGES = ("duckdb", "pandas", "numpy")

Alone = namedtuple("Alone", ["found", "gib", "core_seconds"])


def alone(program, *arguments):
    """What a program gives in a process of its own, its peak memory and its processor's seconds.

    The memory is that of the whole process: Python and the imports of the benchmark are in it, the
    same on every side of a comparison.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return Alone(*pool.apply(_measured, (program, arguments)))


def _measured(program, arguments):
    cores = time.process_time()
    found = program(*arguments)
    cores = time.process_time() - cores
    # Not getrusage: a new process starts with the peak of the one that made it.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return found, int(status["VmHWM"].split()[0]) * 1024 / GIB, cores


class Watch:
    """Wall seconds, CPU seconds and peak memory in bytes of everything below one process."""

    # To look costs the processor tens of milliseconds; oftener, it would be part of the load.
    def __init__(self, every=0.5):
        self._every = every

    def __enter__(self):
        self.peak, self._ended = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        self._wall, self._cpu = time.monotonic(), os.times()
        return self

    def __exit__(self, *_):
        ended = os.times()
        self.wall = time.monotonic() - self._wall
        self.cpu = sum(ended[2:4]) - sum(self._cpu[2:4])
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.wait(self._every):
            self.peak = max(self.peak, memory(os.getpid()))


def memory(process):
    """Bytes that the processes below one hold, shared pages counted once."""
    return sum(proportional(child) + memory(child) for child in children(process))


def children(process):
    """Numbers of the processes that any thread of a process has made and that live."""
    return [int(one) for thread in threads(process) for one in told_of(thread / "children").split()]


def threads(process):
    """Folders of the threads of a process; none if it has ended since it was seen."""
    with contextlib.suppress(OSError):
        return list(Path(f"/proc/{process}/task").iterdir())
    return []


def told_of(path):
    """What the system tells in a file; nothing if what it told of has ended."""
    with contextlib.suppress(OSError):
        return path.read_text()
    return ""


def proportional(process):
    """Bytes of a process, a page that several share divided among them; 0 if it has ended."""
    lines = told_of(Path(f"/proc/{process}/smaps_rollup")).splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def machine():
    """What the numbers were taken on, and when."""
    return {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "processor": processor(),
        "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB,
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
        "load_before": os.getloadavg()[0],
    }


def processor():
    """The name of the processor: its kind alone, such as x86_64, says of no machine which it is."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def heading():
    """Date and machine in one line."""
    on = machine()
    packages = ", ".join(f"{name} {on[name]}" for name in PACKAGES)
    return (
        f"{on['date']}; {on['cores']} cores of {on['processor']}, {on['memory_gib']:.0f} GiB, "
        f"{on['system']}, Python {on['python']}, {packages}; load before {on['load_before']:.1f}"
    )


def add_keep(parser):
    """Let the command line ask to keep the results."""
    parser.add_argument("--keep", action="store_true", help="write the results into results/")


def keep_results(name, text, *, keep):
    """Write a file of results where that is asked; say what was done."""
    path = RESULTS / name
    where = f"benchmarks/results/{name}"
    if not keep:
        print(f"printed only; --keep writes {where}")
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"kept in {where}")


@contextlib.contextmanager
def told(name, *, keep):
    """Print date and machine first; in the end, keep all that was printed where that is asked."""
    said = _Both(sys.stdout)
    with contextlib.redirect_stdout(said):
        print(heading(), flush=True)
        yield
    keep_results(f"{name}.txt", said.getvalue(), keep=keep)


class _Both(io.StringIO):
    """A text that is shown as it grows: some of these runs take hours."""

    def __init__(self, shown):
        super().__init__()
        self._shown = shown

    def write(self, text):
        self._shown.write(text)
        return super().write(text)

    def flush(self):
        self._shown.flush()
