"""What may be told of tasks counted in persons or households where few are done or few are left."""

import numpy as np
import pandas as pd

from analysis import disclosure

PEOPLE = {"person": "person", "pupil": "person", "household": "household"}


def publishable_reports(known: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Put the middle of what it may be in place of a report of few persons or households.

    Parameters
    ----------
    known : DataFrame
        From `reports.known_reports`.
    tasks : DataFrame
        ``task, target, unit``; targets are known to every reader.

    Returns
    -------
    DataFrame
        The same reports. Where few are done or few are left, ``done`` is the middle of all such
        numbers and ``few`` is true: what is projected from it is the same whichever it was.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "target": [30.0], "unit": ["household"]})
    >>> known = pd.DataFrame({"task": "T1", "done": [0.0, 3.0, 9.0, 29.0, 30.0]})
    >>> publishable_reports(known, tasks)["done"].tolist()
    [0.0, 2.0, 9.0, 28.0, 30.0]
    """
    of = known[["task"]].merge(tasks[["task", "target", "unit"]], how="left", on="task")
    done, target = known["done"].to_numpy(float), of["target"].to_numpy(float)
    units = {unit: disclosure.limits()[counted].fewest for unit, counted in PEOPLE.items()}
    fewest = of["unit"].map(units).to_numpy(float)
    begun, open_ = (done > 0) & (done < fewest), (done < target) & (done > target - fewest)
    # Where both ends of so small a task meet, they are one: which of them it is would tell.
    both = (begun | open_) & (done > 0) & (target < 2 * fewest)
    middle = np.select([both, begun], [target // 2, fewest // 2], target - fewest // 2)
    few = both | begun | (open_ & (done > 0))
    return known.assign(done=np.where(few, middle, done), few=few)


def publishable_progress(found: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Hide the share done of the tasks whose last report tells of few persons or households.

    Parameters
    ----------
    found : DataFrame
        From `finish.projected`, given ``reports``.
    reports : DataFrame
        From `publishable_reports`.

    Returns
    -------
    DataFrame
        The same tasks; hidden shares are missing and named in the column ``withheld``.

    Examples
    --------
    >>> found = pd.DataFrame({"task": ["T1", "T2"], "done": [28.0, 9.0], "done_share": [0.9, 0.3]})
    >>> reports = pd.DataFrame({"task": ["T1", "T2"], "month_end": 1, "few": [True, False]})
    >>> publishable_progress(found, reports)["done_share"].tolist()
    [nan, 0.3]
    """
    last = reports.sort_values("month_end").drop_duplicates("task", keep="last")
    few = found["task"].isin(last.loc[last["few"], "task"]).to_numpy()
    return disclosure.withheld(found, {"done": few, "done_share": few}) if few.any() else found
