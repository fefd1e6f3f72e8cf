"""A small project of two chapters, for the tests of briefs and batches."""

import json
import shutil

import yaml

from analysis import briefs, exhibits
from analysis.briefs import chapters, workers

CATALOGUE = """
prose:
  first-title: {zh: "# 甲章", en: "# First"}
  second-title: {zh: "# 乙章", en: "# Second"}
own:
  title: {zh: "{area:term}分析", en: "Analysis of {area:term}"}
  said:
    zh: "{area:term}：{share:percent1}，{word:text}"
    en: "{area:term}: {share:percent1}, {word:text}"
"""
PARAMETERS = """area: str = "530000"  # area code
share: float = 0.5  # ratio
word: str = "plain"
years: list[int] = [2016, 2017]
"""
IMPORTS = "from analysis import exhibits"
FINDING = 'exhibits.finding("own.said", answer=1, area=area, share=share, word=word)'
WORD = "{area} ' \" \\ \n #eval(1)"


def notebook(title, *code):
    """Write a notebook as JSON, the first piece of code tagged as parameters."""
    cells = [{"cell_type": "markdown", "id": title, "metadata": {}, "source": ["# First"]}]
    for number, source in enumerate(code):
        tags = ["parameters"] if number == 0 else []
        cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {"tags": tags}}
        cells.append(cell | {"execution_count": None, "outputs": [], "source": [source]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def spec(**changes):
    brief = {
        "title": "own.title",
        "date": "2018-03-28",
        "parameters": {"area": "532601"},
        "chapters": [
            {"notebook": "01_first", "parameters": {"share": 0.25, "word": WORD}},
            {"notebook": "02_second"},
        ],
    }
    return yaml.safe_dump({"briefs": {"own": brief | changes}}, allow_unicode=True).replace(
        "'2018-03-28'", "2018-03-28"
    )


def make_project(folder, root):
    for part in ("notebooks", "reports", "data/reference"):
        (folder / part).mkdir(parents=True)
    shutil.copy(root / "data/reference/areas.csv", folder / "data/reference")
    (folder / "notebooks/01_first.ipynb").write_text(
        notebook("first-title", PARAMETERS, IMPORTS, FINDING)
    )
    (folder / "notebooks/02_second.ipynb").write_text(
        notebook("second-title", PARAMETERS, IMPORTS, FINDING)
    )
    (folder / "reports/briefs.yml").write_text(spec())
    return folder


def make(folder, *names, **options):
    """Make the briefs of a project; what is said goes nowhere, or into the list `said`."""
    said = options.pop("said", [])
    return briefs.make_briefs(names, root=folder, say=said.append, **options)


def contents(folder):
    """Everything below a folder but what is written anew by every run."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {p: p.read_bytes() for p in paths if p.name not in {"summary.json", ".lock"}}


class Kept:
    """A foreman that is hired once for many batches, since hiring is most of what they cost."""

    def __init__(self, root):
        self._foreman = workers.Foreman(
            chapters.prepare, [str(root)], chapters.kernel_environment(root)
        )
        self.slots = self._foreman.slots
        self.start, self.ended = self._foreman.start, self._foreman.ended

    def stop(self):
        """Stay for the next batch."""

    def leave(self):
        self._foreman.stop()


def run_cells(path, *, before=None, **parameters):
    """Run the cells of a notebook in this process, told what it declares of these; its names."""
    names = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["id"] == before:
            return names
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names |= {name: value for name, value in parameters.items() if name in names}
    assert before is None, f"the notebook has no cell {before}"
    return names


def noted(patch):
    """What is shown from now on, in both languages, by key."""
    shown = {}
    for verb in ("finding", "table", "figure"):
        patch.setattr(exhibits, verb, _noting(getattr(exhibits, verb), shown))
    return shown


def _noting(show, shown):
    def noting(*given, **values):
        exhibit = show(*given, **values)
        shown[exhibit.content["key"]] = exhibit.content
        return exhibit

    return noting
