"""What the field's tools answer beside what this project answers, case by case.

`compare` reads a table of reference outputs (of the form of `reference/sample.csv`) and gives ours
beside theirs; `summary` condenses it by tool. Cases of other subjects are left out of the table.
Where a tool differs by convention, the case carries the reason, and the tool's own number is
reproduced under the tool's convention: an explanation that does not reproduce it does not count.
"""

import functools
import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import inequality, poverty, survey, weighted
from analysis.microdata import RelativeLine
from analysis.survey import sample as estimation

SHARED = Path(__file__).resolve().parents[2] / "shared" / "reference"
DATASETS = "eusilc|ilocos|mex_inc_20|hhbudgets|wbpip_md|pipster_pip_md|api_"
CLOSE = 1e-9

# Measures that are not in the project's list.
OUTSIDE = (
    "SGini|RS$|Lasym|Wolfson|polarization|pareto|Zenga|svyrich|RMIR|RIF|deff|Schutz"
    "|Atkinson_decomposition|Gini_decomposition|DattRavallion|GIC|MLD_change|fill_gaps"
    "|predict_request|Lc.lognorm|shahvaish|likelihood|quantiles_|synthetic"
)

GINI = "its Gini adds up (2 C - 1) w y instead of (2 C - w) w y: not free of the weights' scale"
ZEROS_OUT = "it leaves zero incomes out, to which Theil's measure gives a finite value"
ZERO_TO_ONE = "it counts a zero income as 1 before taking the logarithm"
AT_LINE = "it counts incomes equal to the line as poor"

FGT = {f"FGT{order}": partial(poverty.fgt, order=order) for order in range(3)}
MEASURES = FGT | {
    "headcount": poverty.headcount_ratio,
    "headcount_mean": poverty.headcount_ratio,
    "headcount_domain": poverty.headcount_ratio,
    "headcount_CI": poverty.headcount_ratio,
    "deep_poverty_rate(<half line)": poverty.headcount_ratio,
    "poverty_gap_TOTAL": poverty.total_shortfall,
    "squared_poverty_gap_TOTAL": poverty.poverty_severity,
    "Sen": poverty.sen_index,
    "SST": poverty.sen_shorrocks_thon_index,
    "ARPR": poverty.headcount_ratio,
    "linarpr": poverty.headcount_ratio,
    "POORMED": poverty.median_of_poor,
    "linpoormed": poverty.median_of_poor,
    "RMPG": poverty.median_gap_ratio,
    "linrmpg": poverty.median_gap_ratio,
    "Gini": inequality.gini,
    "GINI": inequality.gini,
    "lingini": inequality.gini,
    "lingini2": inequality.gini,
    "MLD": inequality.mean_log_deviation,
    "QSR": inequality.quintile_share_ratio,
    "linqsr": inequality.quintile_share_ratio,
    "Palma": inequality.palma_ratio,
    "mean": weighted.mean,
    "degf": weighted.mean,
    "ratio": weighted.ratio_of_totals,
    "var.coeff": partial(inequality.generalized_entropy, order=2),
    "JDiv": inequality.theil_index,
}
COMPONENTS = {
    "fgt0": poverty.headcount_ratio,
    "fgt(0)": poverty.headcount_ratio,
    "fgt1": poverty.poverty_gap_index,
    "fgt(1)": poverty.poverty_gap_index,
    "fgt2": poverty.poverty_severity,
    "headcount": poverty.headcount_ratio,
    "poverty_gap": poverty.poverty_gap_index,
    "poverty_severity": poverty.poverty_severity,
    "watts": poverty.watts_index,
    "igr": poverty.income_gap_ratio,
    "watts pov. gap ratio": poverty.income_gap_ratio,
    "sen": poverty.sen_index,
    "sst": poverty.sen_shorrocks_thon_index,
    "gei(poor;epsilon=2)": partial(inequality.generalized_entropy, order=2),
    "theil(poor)": inequality.mean_log_deviation,
    "gini(poor)": inequality.gini,
    "gini(pgr)": inequality.gini,
    "mean": weighted.mean,
    "median": partial(weighted.quantile, rule="nearest"),
    "gini": inequality.gini,
    "mld": inequality.mean_log_deviation,
}
PARTS = {
    "total": inequality.generalized_entropy,
    "within": inequality.entropy_within,
    "wg": inequality.entropy_within,
    "between": inequality.entropy_between,
    "bg": inequality.entropy_between,
}


@functools.cache
def dataset(folder, name):
    """Read a data set, with the columns that its cases name."""
    table = pd.read_csv(Path(folder) / "data" / f"{name}.csv.gz", low_memory=False)
    if name == "eusilc":
        table["eqincome"] = table["eqIncome"]
        table["age_grp"] = pd.cut(table["age"], [-9, 17, 64, 999], labels=["0-17", "18-64", "65+"])
        table["age_grp"] = table["age_grp"].astype(str)
        table["py010n"] = table["py010n"].fillna(0)
    if name == "ilocos":
        table["pc"] = table["income"] / table["family.size"]
        table["pw"] = table["AP.weight"] * table["AP.family.size"]
    if "welfare" in table:
        table = table.dropna(subset=["welfare", "weight"])
        table = table[(table["welfare"] >= 0) & (table["weight"] > 0)]
    return table.reset_index(drop=True)


def number(pattern, text):
    """Take the number that follows a word, or None."""
    found = re.search(rf"(?:{pattern})\s*([-+.\de]+)", text)
    return float(found.group(1)) if found else None


class Case:
    """One row of a table of reference outputs, read."""

    def __init__(self, row, folder):
        self.row, self.folder = row, Path(folder)
        self.measure, self.params, self.group = row["measure"], row["params"], row["group"]
        self.part = self.group.lower()
        self.tool = row["source"].split(" ")[0]
        self.table = dataset(folder, row["dataset"])

    @property
    def income(self):
        """Column of incomes."""
        name = self.row["welfare"]
        if name.startswith("py010n"):
            return "py010n"
        known = {"income/family.size": "pc", "poor": "eqIncome", "": "eqIncome"}
        return "eqIncome" if name.startswith("I(eqIncome") else known.get(name, name)

    @property
    def weight(self):
        """Column of weights; None when unweighted."""
        name = self.row["weight"].split("=")[0]
        return None if not name or name.startswith("unweighted") else name

    @property
    def domain(self):
        """Column whose values are the domains; None for the whole."""
        name = self.row["domain"]
        grouped = "decomposition" in self.measure and "mld_group" not in self.group
        return name if name in self.table and not grouped else None

    @property
    def key(self):
        """The domain of the case."""
        return self.group.split(".", 2)[-1] if "mld_group" in self.group else self.group

    @property
    def design(self):
        """The design of the case, as column names."""
        text = self.row["design"]
        if "two-stage" in text:
            return survey.Design("pw", (), ("dnum", "snum"), ("fpc1", "fpc2"))
        strata = re.search(r"strat(?:a|um)[= ](\w+)|\bH=(\w+)", text)
        strata = () if not strata or "no strata" in text else strata.group(1) or strata.group(2)
        strata = "province" if "JKn" in text else strata
        clusters = "db030" if re.search("db030|household clusters", text) else ()
        population = "fpc" if "fpc" in text and "no fpc" not in text else ()
        return survey.Design(self.weight, strata, clusters, population)

    @property
    def line(self):
        """The poverty line of the case."""
        relative = re.search(r"(?:^|relq: |relm: )([.\d]+)\*(median|mean)", self.params)
        if relative:
            return RelativeLine(float(relative.group(1)), of=relative.group(2))
        if "percentage=60" in self.params:
            return RelativeLine(0.6)
        if self.row["welfare"] == "poor" or self.row["welfare"].startswith("I(eqIncome"):
            return 10000.0
        line = number("abs_thresh=|povline=|line=|abs line", self.params)
        return line / 2 if "half line" in self.measure else line

    @property
    def fixed_line(self):
        """The poverty line in money, a relative one drawn from all rows."""
        if not isinstance(self.line, RelativeLine):
            return self.line
        weight = None if self.weight is None else self.table[self.weight]
        return poverty.relative_line(self.table[self.income], weight, self.line.share, self.line.of)

    @property
    def at_relative_line(self):
        """Whether the line itself is the measure."""
        return self.measure in ("ARPT", "linarpt")

    @property
    def file(self):
        """File of the replicate weights of the case, where it is at hand."""
        name = re.search(r"\((data/\w+\.csv)", self.row["design"])
        files = [self.folder / (name.group(1) + end) for end in ("", ".gz")] if name else []
        return next((file for file in files if file.exists()), None)

    @property
    def has_error(self):
        """Whether we can compute the standard error: random replicates must be at hand."""
        return "subbootstrap" not in self.row["design"] or self.file is not None


def measure_of(case):
    """The measure of ours that the case names, None when it is not in our list."""
    text = " ".join([case.measure, case.row["fn"], case.params, case.group])
    if re.search(OUTSIDE, text):
        return None
    if re.search("FGT2_dec|Watts_dec|_components|md_poverty|md_dist", case.measure):
        return COMPONENTS.get(case.part)
    if re.search("(GE|Theil|MLD)_decomposition", case.measure):
        return _part_of_entropy(case)
    return MEASURES.get(case.measure) or _with_parameter(case)


def _with_parameter(case):
    limit = "limit" if case.tool == "ineq" else None
    share = number("p=|popshare=|'prob':", case.params) or number("p=", case.group)
    order = number("alpha=|epsilon=|parameter=|e=", case.params)
    makers = {
        "ARPT": lambda: partial(poverty.relative_line, share=case.line.share, of=case.line.of),
        "linarpt": lambda: partial(poverty.relative_line, share=case.line.share, of=case.line.of),
        "Watts": lambda: partial(poverty.watts_index, nonpositive=limit or "no_gap"),
        "GE": lambda: partial(inequality.generalized_entropy, order=order),
        "entropy": lambda: partial(inequality.generalized_entropy, order=order),
        "Theil": lambda: partial(inequality.generalized_entropy, order=_theil_order(case)),
        "Atkinson": lambda: partial(
            inequality.atkinson_index, aversion=order, nonpositive=limit or "exclude"
        ),
        "quantile": lambda: partial(weighted.quantile, share=share),
        "md_infer_poverty_line": lambda: partial(weighted.quantile, share=share, rule="nearest"),
        "income_below_quantile": lambda: partial(inequality.income_below, share=order),
        "Lorenz": lambda: partial(inequality.lorenz_curve, shares=number("p=", case.group)),
    }
    return makers[case.measure]() if case.measure in makers else None


def _theil_order(case):
    return 0 if "(L)" in case.params else 1


def _part_of_entropy(case):
    order = {"T": 1.0, "M": 0.0}.get(case.measure[0], number("epsilon=|alpha=", case.params))
    if case.group.startswith("mld_group.mld_group."):
        return inequality.mean_log_deviation
    word = re.split(r"[._]", case.part)[-1]
    return partial(PARTS[word], order=order) if word in PARTS else None


def prepared(case):
    """The frame of the case, its design, and the options of the call."""
    frame = case.table
    if "first person per household" in case.row["filter"]:
        frame = frame.drop_duplicates("db030").reset_index(drop=True)
    options = {"income": case.income, "line": None if case.at_relative_line else case.line}
    inside = np.ones(len(frame), dtype=bool)
    if re.match(r"\w+>0", case.row["filter"]):
        inside &= frame[case.income].to_numpy() > 0
    if "(poor" in case.part:
        inside &= frame[case.income].to_numpy() < case.fixed_line
    if "(pgr)" in case.part or case.part.startswith("gei(poor"):
        frame = frame.assign(gap=poverty.gap_powers(frame[case.income], case.fixed_line, 1))
        options["income"] = "gap"
    if "decomposition" in case.measure and case.row["domain"] in frame and not case.domain:
        options["group"] = case.row["domain"]
    if case.measure == "ratio":
        options["denominator"] = "hsize"
    return frame.assign(inside=inside), options | {"where": "inside"}


def _sampled_by(case, frame):
    """The design, or the replicates that the case names: made, or read where they are at hand."""
    text = case.row["design"]
    if "JKn" in text:
        return survey.jackknife(frame, case.design)
    if case.file is None:
        return case.design
    weights = pd.read_csv(case.file).select_dtypes("number")
    weights = weights.iloc[:, -int(number("R=", text)) :].add_prefix("replicate_")
    return survey.given_replicates(
        pd.concat([frame[[case.weight]], weights], axis=1),
        weight=case.weight,
        columns=weights.columns,
        scale=number("scale=", text),
        combined=bool(weights.to_numpy().mean() > 10),
    )


def ours(case):
    """Our estimate and standard error, in the unit of the tool; None when not in our list."""
    measure = measure_of(case)
    if measure is None:
        return None
    if case.measure == "JDiv":
        return _sum_of_entropies(case)
    table, inside = _table(case, measure)
    row = table[table[case.domain].astype(str) == case.key] if case.domain else table
    return _in_its_unit(case, row.iloc[0], inside) if len(row) == 1 else None


def _table(case, measure):
    """All domains of the case at once; the cases of the other domains take theirs from it."""
    fields = (
        "dataset",
        "filter",
        "welfare",
        "weight",
        "design",
        "fn",
        "measure",
        "params",
        "domain",
    )
    key = (*(case.row[field] for field in fields), "" if case.domain else case.group)
    if key not in _TABLES:
        _TABLES[key] = _estimated(case, measure)
    return _TABLES[key]


_TABLES = {}


def _estimated(case, measure):
    frame, options = prepared(case)
    inside, by = int(frame["inside"].sum()), case.domain or ()
    if case.row["fn"].endswith("quantile") and case.tool in ("svy", "survey"):
        share = measure.keywords["share"]
        table = survey.quantile_interval(frame, case.design, share, income=case.income, by=by)
    else:
        design, measures = _sampled_by(case, frame), {"measure": measure}
        table = survey.estimate(frame, design, measures, by=by, proportion="symmetric", **options)
    return table, inside


def _in_its_unit(case, row, rows):
    value, error = row["estimate"], row["standard_error"]
    if case.measure == "headcount_CI":
        return _bound(case, row)
    factor = {
        "squared_poverty_gap_TOTAL": lambda: case.fixed_line**2 * row["persons"],
        "Gini": lambda: rows / (rows - 1) if "corr=TRUE" in case.params else 1.0,
    }.get(case.measure, lambda: 1.0)()
    if _prints_per_cent(case):
        factor *= 100
    if case.measure == "degf":
        return row["degrees_of_freedom"], np.nan
    if case.part == "watts pov. gap ratio":
        return -np.log(1 - value), error / (1 - value)
    if case.measure == "var.coeff":
        return np.sqrt(2 * value), error / np.sqrt(2 * value)
    return value * factor, error * factor


def _prints_per_cent(case):
    named = {"laeken": "ARPR|RMPG|Gini|GINI", "vardpoor": "linarpr|linrmpg|lingini2?"}
    return bool(re.fullmatch(named.get(case.tool, ""), case.measure))


def _bound(case, row):
    """One bound of an interval of a share."""
    value = 1 - row["estimate"] if "poor=0.0" in case.params else row["estimate"]
    method = re.search(r"ci_method=([\w-]+)", case.params).group(1).replace("-", "_")
    low, high = survey.proportion_interval(
        value, row["standard_error"], row["degrees_of_freedom"], row["sampled"], method=method
    )
    return {"lci": low, "uci": high}.get(case.group, value), row["standard_error"]


def _sum_of_entropies(case):
    """The orders 0 and 1 together; the error takes their covariance."""
    frame, options = prepared(case)
    rows = estimation.fetched(frame, case.design, **options)
    measures = {n: partial(inequality.generalized_entropy, order=n) for n in (0, 1)}
    found = estimation.sampled(rows, case.design, measures, joint=True)
    both = found.variance((found.table[:, [0]] + found.table[:, [1]]).tocsc())
    return found.estimates.sum(), float(np.sqrt(both[0]))


# Conventions of the tools that differ from ours


def unscaled_gini(income, weight):
    """Gini as convey and vardpoor print it."""
    income, weight, cumulated = weighted.ascending(income, weight)
    mass = weight * income
    return (mass @ (2 * cumulated - 1)) / (weight.sum() * mass.sum()) - 1


def their_way(case):
    """Reason for a difference, and our number under the tool's convention; None without reason."""
    frame, options = prepared(case)
    frame = frame[frame["inside"]]
    if case.domain:
        frame = frame[frame[case.domain].astype(str) == case.key]
    income = frame[options["income"]].to_numpy(float)
    weight = frame[case.weight].to_numpy(float) if case.weight else np.ones(len(income))
    factor = 100 if _prints_per_cent(case) else 1
    if case.tool in ("convey", "vardpoor") and re.search(
        "gini|Sen|SST", case.measure + case.part, re.I
    ):
        return GINI, factor * _with_unscaled_gini(case, income, weight)
    if case.measure == "Theil" and (income == 0).any():
        kept = income > 0
        return ZEROS_OUT, measure_of(case)(income[kept], weight[kept])
    if case.tool == "wbpip" and case.group == "mld" and (income == 0).any():
        logs = np.log(np.where(income > 0, income, 1))
        return ZERO_TO_ONE, np.log(weighted.mean(income, weight)) - weighted.mean(logs, weight)
    if case.measure in ("ARPR", "FGT0") and isinstance(case.line, RelativeLine):
        return AT_LINE, factor * weighted.mean((income <= case.fixed_line).astype(float), weight)
    return None


def _with_unscaled_gini(case, income, weight):
    if case.part == "sen" or case.measure == "Sen":
        poor = income < case.fixed_line
        share, gap = (
            weighted.mean(poor * 1.0, weight),
            poverty.income_gap_ratio(income, weight, case.fixed_line),
        )
        return share * (gap + (1 - gap) * unscaled_gini(income[poor], weight[poor]))
    if case.part == "sst" or case.measure == "SST":
        gaps = poverty.gap_powers(income, case.fixed_line, 1)
        return weighted.mean(gaps, weight) * (1 + unscaled_gini(gaps, weight))
    return unscaled_gini(income, weight)


# The table


def difference(mine, theirs):
    """Relative difference; nan where they give nothing."""
    if mine is None or np.isnan(theirs):
        return np.nan
    if np.isinf(mine) or np.isinf(theirs):
        return 0.0 if mine == theirs else np.inf
    return abs(mine - theirs) / abs(theirs) if theirs else abs(mine)


def read(row, folder):
    """One case: theirs, ours, the relative differences, whether they match, and the reason."""
    case = Case(row, folder)
    theirs, theirs_se = pd.to_numeric([row["estimate"], row["se"]], errors="coerce")
    found = ours(case)
    mine, mine_se = found or (None, np.nan)
    off, tolerance = difference(mine, theirs), float(row["tol_est_rel"] or CLOSE)
    off_se = difference(mine_se if case.has_error else None, theirs_se)
    matched = (
        bool(found) and not off > tolerance and not off_se > float(row["tol_se_rel"] or np.inf)
    )
    return {key: row[key] for key in ("case_id", "fn", "dataset", "domain", "trust")} | {
        "tool": case.tool,
        "measure": case.measure,
        "params": case.params,
        "group": case.group,
        "listed": found is not None,
        "theirs": theirs,
        "ours": mine,
        "difference": off,
        "theirs_se": theirs_se,
        "ours_se": mine_se if case.has_error else np.nan,
        "difference_se": off_se,
        "tolerance_se": float(row["tol_se_rel"] or "nan"),
        "matched": matched,
        "reason": _reason(case, theirs) if found and off > min(tolerance, 1e-6) else "",
    }


def _reason(case, theirs):
    """Why theirs differs, if their number comes out under their convention."""
    explained = their_way(case)
    reproduced = explained and difference(explained[1], theirs) <= CLOSE
    return explained[0] if reproduced else ""


def compare(folder, table=None):
    """Ours beside theirs for every case of poverty, inequality and their standard errors.

    Parameters
    ----------
    folder : path
        Folder with `sample.csv` and `data/`.
    table : path or None
        Another table of the same form; None for `sample.csv`.

    Returns
    -------
    pandas.DataFrame
        A row for each case.
    """
    cases = pd.read_csv(table or Path(folder) / "sample.csv", dtype=str, keep_default_na=False)
    mine = cases["dataset"].str.contains(DATASETS) & ~cases["dataset"].str.contains(r"\+")
    counted = cases["trust"].isin(["use", "se_only", "se_informative"])
    return pd.DataFrame([read(row, folder) for row in cases[mine & counted].to_dict("records")])


def summary(compared):
    """Condense a comparison: tool, cases, matched, largest differences, explained, unexplained."""
    listed = compared[compared["listed"]]
    exact = listed["difference_se"].where(listed["tolerance_se"] <= 1e-8)
    explained = ~listed["matched"] & (listed["reason"] != "")
    table = listed.assign(
        outright=listed["difference"].where(listed["reason"] == ""),
        exact_se=exact,
        informative_se=listed["difference_se"].where(exact.isna()),
        explained=explained | (listed["reason"] != ""),
        unexplained=~listed["matched"] & ~explained,
    )
    return table.groupby("tool").agg(
        cases=("matched", "size"),
        matched=("matched", "sum"),
        largest_difference=("outright", "max"),
        largest_difference_se=("exact_se", "max"),
        largest_difference_se_by_convention=("informative_se", "max"),
        explained=("explained", "sum"),
        unexplained=("unexplained", "sum"),
    )


def everything(folder):
    """Every case of every subject, ours beside theirs.

    Parameters
    ----------
    folder : path
        Folder with `sample.csv`, `povcalnet_sample.csv` and `data/`.

    Returns
    -------
    pandas.DataFrame
        As `compare` gives it, with the cases of grouped data and of deprivation.
    """
    from tests import references_deprivation, references_grouped

    subjects = (references_grouped, references_deprivation)
    others = [subject.comparisons(Path(folder)) for subject in subjects]
    return pd.concat([compare(folder), *others], ignore_index=True)


def report(folder):
    """Say in a table, or in a sentence, how far this project and the field's tools agree.

    Parameters
    ----------
    folder : path
        Folder with `sample.csv`, `povcalnet_sample.csv` and `data/`.

    Returns
    -------
    str
        Tool, cases, matched, largest relative differences, explained, unexplained.
    """
    if not (Path(folder) / "sample.csv").is_file():
        return (
            f"no reference outputs in {folder}: nothing was compared. "
            "Name their folder: make references REFERENCE=folder"
        )
    table = summary(everything(folder)).drop(columns="largest_difference_se_by_convention")
    left = int(table["unexplained"].sum())
    numbers = {name: "{:.1e}".format for name in table if name.startswith("largest")}
    return f"{table.to_string(formatters=numbers, na_rep='')}\nunexplained: {left or 'none'}"


def main(arguments):
    """Print the report; the status is that of the comparison."""
    text = report(arguments[0] if arguments else SHARED)
    print(text)
    return int("unexplained" in text and not text.endswith("none"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
