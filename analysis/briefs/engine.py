"""Two ways in which papermill runs the cells: in this very process, or in a kernel of their own.

A kernel costs more than most chapters, since it imports everything anew. So a process that has been
forked from one that has imported everything runs the cells itself; papermill stays the runner. The
outputs are those of a kernel, in every cell. Where forking is not safe, kernels are used.
"""

import io
import json
import platform
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from itertools import takewhile

import nbformat
from ipykernel.compiler import XCachingCompiler
from ipykernel.jsonutil import encode_images
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

HERE, KERNEL = "county-brief-here", "county-brief-kernel"
STARTS, PAUSE_SECONDS = 3, 1.0
SKIPPED, MAY_FAIL = "skip-execution", "raises-exception"


# IPython prints some refusals, such as that of an unknown magic, and makes no error of them.
_UNSAID = {"traceback": [], "ename": "", "evalue": ""}


class HereEngine(Engine):
    """Run the cells in this process, which is used for one notebook and then ends."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **_: object) -> None:
        """
        Run every cell until one fails, as papermill asks.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
            Holds the notebook and is told how each cell went.
        kernel_name : str
            Without meaning here.

        Examples
        --------
        >>> HereEngine.execute_managed_notebook.__name__
        'execute_managed_notebook'
        """
        shell = _Shell.instance(config=Config({"HistoryManager": {"enabled": False}}))
        nb_man.nb.metadata["language_info"] = nbformat.from_dict(_language_info())
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            failure = _run_cell(shell, cell)
            if failure:
                nb_man.cell_exception(cell, cell_index=index, exception=failure)
            nb_man.cell_complete(cell, cell_index=index)
            if failure:
                return


class KernelEngine(Engine):
    """Run the cells in a kernel, whose start is tried again when it fails."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, start_timeout: int = 60, config: object = None, **_: object
    ) -> None:
        """
        Run every cell until one fails, as papermill asks.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
            Holds the notebook and is told how each cell went.
        kernel_name : str
            Name of the kernel.
        start_timeout : int
            Seconds that one start of the kernel may take.
        config : traitlets.config.Config, optional
            Settings of the kernel's manager.

        Raises
        ------
        RuntimeError
            If the kernel does not start, or dies in a cell.

        Examples
        --------
        >>> KernelEngine.execute_managed_notebook.__name__
        'execute_managed_notebook'
        """
        told = {"kernel_name": kernel_name, "startup_timeout": start_timeout, "config": config}
        quiet = ["--IPKernelApp.log_level=50"]
        for attempt in range(1, STARTS + 1):
            client = _Client(nb_man, timeout=None, extra_arguments=list(quiet), **told)
            try:
                client.execute()
                return
            except (RuntimeError, OSError):
                if client.begun or attempt == STARTS:
                    raise
                time.sleep(PAUSE_SECONDS)


class _Client(PapermillNotebookClient):
    begun = False

    def papermill_execute_cells(self) -> None:
        """Note that the kernel has started: what fails from here on is the chapter's affair."""
        self.begun = True
        super().papermill_execute_cells()


class _Outputs:
    """The outputs of the cell that is being run, as a kernel would have sent them."""

    def __init__(self) -> None:
        self.taken: list[dict[str, object]] = []

    def add(self, kind: str, **content: object) -> None:
        plain = json.loads(json.dumps(content, default=str))
        self.taken.append(nbformat.v4.new_output(kind, **plain))

    def write(self, name: str, text: str) -> None:
        """Add to the stream of this name since something was last shown, as a kernel does."""
        since = takewhile(lambda one: one["output_type"] == "stream", reversed(self.taken))
        stream = next((one for one in since if one["name"] == name), None)
        if stream:
            # Pieces: to lengthen one text by each line would copy all before it every time.
            stream["text"].append(text)
        else:
            self.add("stream", name=name, text=[text])

    def whole(self) -> list[dict[str, object]]:
        """Give the outputs as they are stored, each stream as one text."""
        for one in self.taken:
            if one["output_type"] == "stream":
                one["text"] = "".join(one["text"])
        return self.taken


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """Write no prompt: the number of the cell is part of the output."""

    def write_format_data(self, format_dict, md_dict=None) -> None:
        data = {"data": encode_images(format_dict), "metadata": md_dict or {}}
        self.shell.outputs.add("execute_result", execution_count=self.prompt_count, **data)

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, *_, **__) -> None:
        shown = {"data": encode_images(data), "metadata": metadata or {}}
        self.shell.outputs.add("display_data", **shown)

    def clear_output(self, wait=False) -> None:
        self.shell.outputs.taken.clear()


class _Shell(InteractiveShell):
    compiler_class = XCachingCompiler
    displayhook_class = _Hook
    display_pub_class = _Publisher
    outputs = _Outputs()

    def enable_gui(self, gui=None) -> None:
        """Nothing waits for a window here."""

    def _showtraceback(self, etype, evalue, stb) -> None:
        self.outputs.add("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)


class _Stream(io.TextIOBase):
    """What a cell prints, kept as an output."""

    def __init__(self, name: str, outputs: _Outputs) -> None:
        self._name, self._outputs = name, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self._outputs.write(self._name, text)
        return len(text)


def _run_cell(shell: _Shell, cell: Mapping) -> CellExecutionError | None:
    """Run one cell as nbclient would; give its error unless the cell may fail."""
    tags = cell.metadata.get("tags", [])
    if cell.cell_type != "code" or not cell.source.strip() or SKIPPED in tags:
        return None
    shell.outputs = outputs = _Outputs()
    out, err = _Stream("stdout", outputs), _Stream("stderr", outputs)
    with redirect_stdout(out), redirect_stderr(err):
        ended = shell.run_cell(cell.source, store_history=True)
    cell.execution_count = shell.execution_count - 1
    cell.outputs = outputs.whole()
    if ended.success or MAY_FAIL in tags:
        return None
    failed = next((one for one in cell.outputs if one.output_type == "error"), _UNSAID)
    said = "\n".join(failed["traceback"])
    return CellExecutionError(said, ename=failed["ename"], evalue=failed["evalue"])


def _language_info() -> dict[str, object]:
    """Describe the language in the words of a kernel."""
    return {
        "name": "python",
        "version": platform.python_version(),
        "mimetype": "text/x-python",
        "codemirror_mode": {"name": "ipython", "version": sys.version_info[0]},
        "pygments_lexer": "ipython3",
        "nbconvert_exporter": "python",
        "file_extension": ".py",
    }


papermill_engines.register(HERE, HereEngine)
papermill_engines.register(KERNEL, KernelEngine)
