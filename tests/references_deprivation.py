"""Our Alkire-Foster numbers beside those of mpitbR, mpindex and convey, case by case.

Every row says which case, tool and quantity, ours, theirs, the relative difference, the tolerance
that counts as agreement, and the reason where the tool is known to round. mpitbR's rows about
single indicators do not say which indicator; ours is then the nearest of all ten.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import deprivation
from tests.references_grouped import beside

ROUNDED_SCORES = "mpitbR rounds its scores at 2.5e-10"
ROUNDED_WEIGHTS = "mpindex rounds its weights to nine decimals"
MEASURES = {"MPI_H": "headcount_ratio", "MPI_A": "intensity", "MPI_M0": "adjusted_headcount_ratio"}
INDICATORS = {
    "MPI_hd": "uncensored_headcount_ratio",
    "MPI_hdk": "censored_headcount_ratio",
    "MPI_actb": "absolute_contribution",
    "MPI_pctb": "contribution",
}
YEARS = 8.5


def comparisons(reference: Path, table: Path | None = None) -> pd.DataFrame:
    """Ours beside theirs for every Alkire-Foster case, in the columns of `references.summary`.

    `table` is another table of the form of sample.csv.
    """
    sample = pd.read_csv(table or reference / "sample.csv", dtype=str, keep_default_na=False)
    rows = [*_mpitb(reference, sample), *_convey(reference, sample), *_mpindex(reference, sample)]
    return pd.DataFrame(rows).sort_values(["tool", "case_id", "measure"], ignore_index=True)


def disagreements(table: pd.DataFrame) -> pd.DataFrame:
    """Rows outside their tolerance."""
    return table[~table["matched"]]


def design_error(frame: pd.DataFrame, influence: np.ndarray) -> float:
    """Standard error of a weighted total over strata and sampling units drawn with replacement."""
    total = pd.Series(frame["weight"].to_numpy() * influence, index=frame.index)
    units = total.groupby([frame["stratum"], frame["psu"]]).sum()
    by_stratum = units.groupby(level=0)
    number = by_stratum.transform("size")
    spread = (units - by_stratum.transform("mean")) ** 2 * number / (number - 1)
    return float(np.sqrt(spread.sum()))


def _given(text: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+)=([^;]+)", text))


# The synthetic survey of mpitbR ------------------------------------------------------------------

FLAGS = [
    "d_nutr",
    "d_cm",
    "d_satt",
    "d_educ",
    "d_elct",
    "d_sani",
    "d_wtr",
    "d_hsg",
    "d_ckfl",
    "d_asst",
]
DIMENSIONS = ["health"] * 2 + ["education"] * 2 + ["living"] * 6


def specification(indicators: list[str], dimensions: list[str]) -> pd.DataFrame:
    """Indicators that are 1 where the household is deprived, weighted by nested equal weights."""
    return pd.DataFrame(
        {
            "indicator": indicators,
            "dimension": dimensions,
            "weight": deprivation.nested_weights(dimensions),
            "cutoff": 0,
            "direction": "above",
            "missing": "drop",
        }
    )


@lru_cache
def survey(reference: Path) -> pd.DataFrame:
    """Complete cases of mpitbR's synthetic survey."""
    frame = pd.read_csv(reference / "data" / "mpitb_syn_cdta.csv.gz").dropna()
    return frame.reset_index(drop=True)


class Domain(NamedTuple):
    """Rows of one area and year in one of the two samples, at one poverty cutoff."""

    reference: Path
    years: tuple[str, ...]
    cutoff: float
    column: str
    group: str
    year: str

    def frame(self) -> pd.DataFrame:
        """The whole sample with `inside` marking the domain."""
        frame = _sample(self.reference, self.years)
        inside = frame["t"] == self.year
        if self.group not in ("nat", "all"):
            inside &= frame[self.column] == self.group
        return frame.assign(inside=inside)

    def tables(self) -> tuple[pd.Series, pd.DataFrame]:
        """Totals, and single indicators, of the domain."""
        by = ("t",) if self.group in ("nat", "all") else ("t", self.column)
        total, single = _tables(self.reference, self.years, self.cutoff, by)
        key = (self.year, self.group)[: len(by)]
        return total.loc[key if len(key) > 1 else key[0]], single.loc[key]

    def influence(self) -> pd.DataFrame:
        """Influence values over the whole sample."""
        return _influence(self)


@lru_cache
def _sample(reference: Path, years: tuple[str, ...]) -> pd.DataFrame:
    frame = survey(reference)
    frame = frame.assign(**{name: frame[name].astype(str) for name in ("t", "area", "region")})
    return frame[frame["t"].isin(years)].reset_index(drop=True)


@lru_cache
def _tables(reference, years, cutoff, by) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame, spec = _sample(reference, years), specification(FLAGS, DIMENSIONS)
    at = {"poverty_cutoff": cutoff, "weight": "weight", "by": by}
    total = deprivation.alkire_foster(frame, spec, **at).set_index(list(by))
    single = deprivation.indicator_profile(frame, spec, **at)
    return total, single.set_index([*by, "indicator"]).sort_index()


@lru_cache
def _influence(domain: Domain) -> pd.DataFrame:
    return deprivation.influence_values(
        domain.frame(),
        specification(FLAGS, DIMENSIONS),
        poverty_cutoff=domain.cutoff,
        weight="weight",
        inside="inside",
    )


def _mpitb(reference: Path, sample: pd.DataFrame) -> Iterator[dict]:
    for case in sample[sample["fn"].str.startswith("mpitbR")].to_dict("records"):
        given = _given(case["params"])
        cutoff = 0.01 if given["k"] == "NA" else float(given["k"]) / 100
        found = _mpitb_change if "change" in case["measure"] else _mpitb_level
        estimate, error = found(reference, case, given, cutoff)
        # The rounding of scores is absolute: it weighs most on small ratios.
        allowed = 1e-9 + 5e-10 / max(abs(float(case["estimate"])), 1e-12)
        name = case["measure"]
        yield beside(
            case["case_id"], "mpitbR", name, estimate, case["estimate"], allowed, ROUNDED_SCORES
        )
        if case["se"] not in ("", "NA"):
            yield beside(
                case["case_id"], "mpitbR", f"{name} error", error, case["se"], 1e-6, ROUNDED_SCORES
            )


def _mpitb_level(reference, case, given, cutoff) -> tuple[float, float]:
    years = ("1", "2") if "t" in given else ("1",)
    place = (case["domain"], case["group"])
    domain = Domain(reference, years, cutoff, *place, given.get("t", "1"))
    columns = _columns(case["measure"], *domain.tables())
    return _nearest(
        case,
        [value for value, _ in columns],
        lambda i: design_error(domain.frame(), domain.influence()[columns[i][1]]),
    )


def _columns(measure: str, total: pd.Series, single: pd.DataFrame) -> list[tuple[float, str]]:
    """Value and influence column of a measure; of every indicator where it is about one."""
    if measure in MEASURES:
        return [(total[MEASURES[measure]], MEASURES[measure])]
    kind = INDICATORS[measure]
    return [(single[kind][name], f"{kind}:{name}") for name in FLAGS]


def _nearest(case: dict, estimates: list[float], error: Callable) -> tuple[float, float]:
    """The estimate nearest to the case, which names no indicator, with its error."""
    apart = np.abs(np.array(estimates) - float(case["estimate"]))
    close = np.flatnonzero(apart <= apart.min() + 1e-9 * abs(float(case["estimate"])))
    if case["se"] in ("", "NA"):
        return estimates[close[0]], np.nan
    # Indicators with one and the same estimate are told apart by their errors.
    errors = {i: error(i) for i in close}
    best = min(close, key=lambda i: abs(errors[i] - float(case["se"])))
    return estimates[best], errors[best]


def _mpitb_change(reference, case, given, cutoff) -> tuple[float, float]:
    place = (case["domain"], case["group"])
    ends = [Domain(reference, ("1", "2"), cutoff, *place, year) for year in ("1", "2")]
    kind = {"abs": "absolute_change", "rel": "relative_change"}[given["type"]]
    kind = f"annualized_{kind}" if given["annualised"] == "1" else kind
    scale = 100 if given["type"] == "rel" else 1
    measure = case["measure"].replace("MPIchange", "MPI")
    pairs = list(zip(*(_columns(measure, *end.tables()) for end in ends), strict=True))
    return _nearest(
        case,
        [scale * _changed(first[0], last[0])[kind] for first, last in pairs],
        lambda i: scale * design_error(ends[0].frame(), _change_influence(ends, *pairs[i], kind)),
    )


def _changed(first: float, last: float) -> dict[str, float]:
    return {
        "absolute_change": last - first,
        "relative_change": last / first - 1,
        "annualized_absolute_change": (last - first) / YEARS,
        "annualized_relative_change": (last / first) ** (1 / YEARS) - 1,
    }


def _change_influence(ends, before, after, kind) -> np.ndarray:
    (first, column), (last, _) = before, after
    parts = [end.influence()[column].to_numpy() for end in ends]
    return deprivation.change_influences(first, last, *parts, years=YEARS)[kind].to_numpy()


# convey ------------------------------------------------------------------------------------------


def _convey(reference: Path, sample: pd.DataFrame) -> Iterator[dict]:
    for case in sample[sample["fn"].isin(["svyafc", "svyafcdec"])].to_dict("records"):
        cutoff = float(_given(case["params"])["k"].split(";")[0])
        estimate, error = _convey_ours(reference, case, cutoff)
        name = case["measure"]
        yield beside(case["case_id"], "convey", name, estimate, case["estimate"], 1e-9)
        if case["se"] not in ("", "NA"):
            yield beside(case["case_id"], "convey", f"{name} error", error, case["se"], 1e-9)


CONVEY = {
    "raw headcount ratio": "uncensored_headcount_ratio",
    "censored headcount ratio": "censored_headcount_ratio",
    "percentual contribution per dimension": "contribution",
}


def _convey_ours(reference, case, cutoff) -> tuple[float, float]:
    part = case["measure"].removeprefix("AF_dec:")
    group = case["group"] if "subgroup" in part else "all"
    domain = Domain(reference, ("1",), cutoff, "area", group, "1")
    total, single = domain.tables()
    if part in CONVEY:
        name, indicator = CONVEY[part], case["group"].removeprefix("a_")
        values = domain.influence()[f"{name}:{indicator}"]
        return single[name][indicator], design_error(domain.frame(), values)
    if part == "percentual contribution per subgroup":
        return _convey_share(domain)
    name = "adjusted_headcount_ratio"
    return total[name], design_error(domain.frame(), domain.influence()[name])


def _convey_share(domain: Domain) -> tuple[float, float]:
    frame, spec = domain.frame(), specification(FLAGS, DIMENSIONS)
    at = {"poverty_cutoff": domain.cutoff, "weight": "weight"}
    table = deprivation.alkire_foster(frame, spec, **at, by=["area"]).set_index("area")
    values = deprivation.group_contribution_influence(frame, spec, **at, inside="inside")
    return table["contribution"][domain.group], design_error(frame, values)


# mpindex -----------------------------------------------------------------------------------------

GLOBAL_MPI = {
    "nutrition": "health",
    "child_mortality": "health",
    "year_schooling": "education",
    "school_attendance": "education",
    "cooking_fuel": "living",
    "sanitation": "living",
    "drinking_water": "living",
    "electricity": "living",
    "housing": "living",
    "assets": "living",
}


@lru_cache
def households(reference: Path) -> pd.DataFrame:
    """Deprivations of the households that mpindex ships, by its own example."""
    home = pd.read_csv(reference / "data" / "mpindex_household.csv.gz").set_index("uuid")
    roster = pd.read_csv(reference / "data" / "mpindex_roster.csv.gz")
    any_member = {
        "nutrition": (roster["undernourished"] == 1) & (roster["age"] < 70),
        "year_schooling": roster["completed_6yrs_schooling"] == 2,
        "school_attendance": (roster["attending_school"] == 2) & roster["age"].between(5, 24),
    }
    has = home.filter(like="asset_") > 0
    has["asset_phone"] = has["asset_telephone"] | has["asset_mobile_phone"]
    small = [f"asset_{name}" for name in (
        "tv", "phone", "computer", "animal_cart", "bicycle", "motorcycle", "refrigerator",
    )]  # fmt: skip
    owns = (has[small].sum(axis=1) > 1) & (has["asset_car"] | has["asset_truck"])
    found = {
        "child_mortality": home["with_child_died"] == 1,
        "cooking_fuel": home["cooking_fuel"].isin([4, 5, 6, 9]),
        "sanitation": home["toilet"] > 1,
        "drinking_water": home["drinking_water"] == 2,
        "electricity": home["electricity"] == 2,
        "housing": home["roof"].isin([5, 7, 9]) | home["floor"].isin([5, 6, 9]),
        "assets": ~owns,
    }
    for name, flag in any_member.items():
        found[name] = flag.groupby(roster["uuid"]).any().reindex(home.index)
    return pd.DataFrame(found).astype(float).assign(**{"class": home["class"]}).reset_index()


def _mpindex(reference: Path, sample: pd.DataFrame) -> Iterator[dict]:
    spec = specification(list(GLOBAL_MPI), list(GLOBAL_MPI.values()))
    for case in sample[sample["fn"] == "mpindex::compute_mpi"].to_dict("records"):
        share = _given(case["params"])["k"].split(";")[0]
        cutoff = 1 / 3 if share == "1/3" else float(share)
        group, name = case["group"].split("::")
        ours = _mpindex_ours(reference, spec, case, cutoff, group, name)
        quantity = f"{case['measure']} {name}"
        yield beside(
            case["case_id"], "mpindex", quantity, ours, case["estimate"], 1e-8, ROUNDED_WEIGHTS
        )


def _mpindex_ours(reference, spec, case, cutoff, group, name) -> float:  # noqa: PLR0917
    by = ["class"] if case["domain"] == "class" else []
    at = {"poverty_cutoff": cutoff, "weight": None, "by": by}
    frame = households(reference)
    if name in GLOBAL_MPI:
        table = deprivation.indicator_profile(frame, spec, **at).set_index("indicator")
        row = table[table["class"] == group].loc[name] if by else table.loc[name]
        kind = case["measure"].split("/")[-1]
        return (
            100 * row["contribution"] if kind == "contribution" else row[f"{kind}_headcount_ratio"]
        )
    table = deprivation.alkire_foster(frame, spec, **at)
    row = table[table["class"] == group].iloc[0] if by else table.iloc[0]
    names = {"number_of_cases": "rows", "incidence": "headcount_ratio", "intensity": "intensity"}
    names |= {"headcount_ratio": "headcount_ratio", "mpi": "adjusted_headcount_ratio"}
    return row[names[name]]
