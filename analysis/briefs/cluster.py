"""The same tasks done on a Dask cluster.

Each worker of the cluster keeps a foreman of its own and hands its tasks to it, so that a chapter
is as much apart there as here. Executed notebooks and outputs come back as bytes. No disk is
shared, but each machine must have the same project in the same folder.
"""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from analysis.briefs import chapters, record
from analysis.briefs.workers import Failure, Foreman, Outcome, Task

PATIENCE_SECONDS = 60
LOCAL = "local"
_foremen: dict[tuple[int, str], Foreman] = {}


class Site(NamedTuple):
    """What a worker of the cluster must have: the project, the same as here."""

    root: Path
    told: Mapping[str, str]
    version: str


class Cluster:
    """The workers of a Dask cluster."""

    def __init__(self, client, site: Site, slots: int | None) -> None:
        self._client = client
        self._site = site
        self._futures: dict[str, object] = {}
        self._gone: Failure | None = None
        self.slots = slots or max(1, sum(client.nthreads().values()))

    def start(self, task: Task) -> None:
        """
        Hand a task to the cluster; if its worker dies, Dask gives it to another.

        Parameters
        ----------
        task : Task
            What to do.

        Examples
        --------
        >>> Cluster.start.__name__
        'start'
        """
        asked = (_do, task, self._site)
        self._futures[task.key] = None if self._gone else self._client.submit(*asked, pure=False)

    def ended(self) -> list[Outcome]:
        """
        Wait until some tasks have ended.

        Returns
        -------
        list of Outcome
            What has ended; empty if workers were waited for that came.

        Examples
        --------
        >>> Cluster.ended.__name__
        'ended'
        """
        import distributed  # noqa: PLC0415 - Dask is optional

        asked = {"timeout": PATIENCE_SECONDS, "return_when": "FIRST_COMPLETED"}
        try:
            if not self._gone:
                distributed.wait(list(self._futures.values()), **asked)
        except TimeoutError:
            self._gone = self._deserted()
        except (OSError, CancelledError):
            self._gone = Failure.of("scheduler_gone")
        if self._gone:
            return self._lost(self._gone)
        done = {key: future for key, future in self._futures.items() if future.done()}
        self._futures = {key: f for key, f in self._futures.items() if key not in done}
        return [_outcome(key, future) for key, future in done.items()]

    def _deserted(self) -> Failure | None:
        """Tell whether nobody is left to do a task; a worker that is started again gets time."""
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except TimeoutError:
            return Failure.of("no_worker")
        except (OSError, CancelledError):
            return Failure.of("scheduler_gone")
        return None

    def _lost(self, why: Failure) -> list[Outcome]:
        """Fail what was asked of a cluster that is gone; who asks more of it hears the same."""
        lost, self._futures = self._futures, {}
        return [Outcome(key, 0.0, None, why) for key in lost]

    def stop(self) -> None:
        """
        Leave the cluster.

        Examples
        --------
        >>> Cluster.stop.__name__
        'stop'
        """
        own = self._client.cluster
        # A scheduler that is gone has nothing to cancel, and nobody to say goodbye to.
        with suppress(OSError, TimeoutError, CancelledError):
            self._client.cancel(list(filter(None, self._futures.values())))
            self._client.close(timeout=5)
        if own is not None:
            own.close()


def join(address: str, site: Site, slots: int | None = None) -> Cluster:
    """
    Join a Dask cluster, or start one on this machine.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as "tcp://10.0.0.2:8786", or "local".
    site : Site
        What every worker must have.
    slots : int, optional
        How many tasks at a time; one for each thread of the cluster, if not said.

    Returns
    -------
    Cluster
        Stop it at the end.

    Raises
    ------
    ValueError
        If Dask is not installed, or nobody answers.

    Examples
    --------
    >>> join.__name__
    'join'
    """
    try:
        import distributed  # noqa: PLC0415 - Dask is optional
    except ImportError:
        raise ValueError("Dask is not installed; install the package distributed") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(_local(slots) if address == LOCAL else address)
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except (OSError, TimeoutError, ValueError) as refusal:
        raise ValueError(f"no Dask cluster answers at {address!r}: {refusal}") from None
    return Cluster(client, site, slots)


def site(around: record.Surroundings, told: Mapping[str, str]) -> Site:
    """
    Say what every worker must have.

    Parameters
    ----------
    around : Surroundings
        Data, code and packages here.
    told : mapping of str to str
        What its processes find in their environment.

    Returns
    -------
    Site
        The project and its version.

    Examples
    --------
    >>> site.__name__
    'site'
    """
    return Site(around.root, told, _version(around))


def _version(around: record.Surroundings) -> str:
    return record.content_hash([around.code, around.inputs, around.packages, around.fonts])


def _local(slots: int | None):
    import distributed  # noqa: PLC0415 - Dask is optional

    asked = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
    return distributed.LocalCluster(n_workers=slots or 2, processes=True, **asked)


def _do(task: Task, place: Site) -> Outcome:
    """Do a task on a worker of the cluster, apart from the worker's own process."""
    key = (threading.get_ident(), place.version)
    if key not in _foremen:
        if _version(record.Surroundings(place.root)) != place.version:
            return Outcome(task.key, 0.0, None, Failure.of("other_machine"))
        told = dict(place.told)
        _foremen[key] = Foreman(chapters.prepare, [str(place.root)], told, slots=1)
    _foremen[key].start(task)
    # A foreman that dies is replaced once, and nothing has ended then.
    while not (ended := _foremen[key].ended()):
        pass
    (outcome,) = ended
    if not _foremen[key].alive:
        _foremen.pop(key)
    return outcome


def _outcome(key: str, future) -> Outcome:
    if future.status == "finished":
        return future.result()
    lost = Failure.of("died")
    return Outcome(key, 0.0, None, lost._replace(said=f"{lost.said}: {future.exception()}"))
