"""Our numbers on grouped data beside those of PovcalNet, wbpip and ineq, case by case.

Every row says which case, tool and quantity, ours, theirs, the relative difference, the tolerance
that counts as agreement, and the reason where the tool is known to be less exact than we are.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import grouped
from tests.references import difference

EXACT = 1e-9
POVCALNET = "PovcalNet"
WBPIP_SETS = [
    "datt_india1983_lorenz",
    "pipster_pip_gd",
    "wbpip_gd_GHI_2009_income",
    "wbpip_gd_ex1",
    "wbpip_gd_ex2",
    "wbpip_gd_ex3",
]
COARSE_ROOT = "wbpip and PovcalNet stop looking for the Beta headcount within 1e-4"
COARSE_AREA = "wbpip adds the Beta area in 500 strips; the closed form is 2 theta B(1+g, 1+d)"
COARSE_LOGS = "wbpip integrates logarithms in coarse steps"
OTHER_CHOICE = (
    "gd_compute_dist_stats compares residuals of two regressions on different scales, so it "
    "always takes the quadratic"
)
ADJUSTED = (
    "negative incomes of the Beta curve push the measure above the next lower order; PovcalNet "
    "prints that order less 0.001 points instead"
)
PRINTED = "PovcalNet prints six digits"


def comparisons(
    reference: Path, table: Path | None = None, surveys: Path | None = None
) -> pd.DataFrame:
    """Ours beside theirs for every grouped case, in the columns of `references.summary`.

    `table` and `surveys` are other tables of the form of sample.csv and povcalnet_sample.csv.
    """
    sample = pd.read_csv(table or reference / "sample.csv", dtype=str, keep_default_na=False)
    published = pd.read_csv(surveys or reference / "povcalnet_sample.csv")
    rows = [*_povcalnet(reference, published), *_wbpip(reference, sample), *_lognormal(sample)]
    return pd.DataFrame(rows).sort_values(["tool", "case_id", "measure"], ignore_index=True)


def disagreements(table: pd.DataFrame) -> pd.DataFrame:
    """Rows outside their tolerance."""
    return table[~table["matched"]]


def grouped_points(reference: Path, dataset: str) -> pd.DataFrame:
    """Points of one of the reference data sets, whatever its columns are called."""
    frame = pd.read_csv(reference / "data" / f"{dataset}.csv.gz")
    if dataset == "wbpip_gd_GHI_2009_income":
        return grouped.points_from_groups(frame["welfare"], frame["weight"] / frame["weight"].sum())
    if {"P", "L"} <= set(frame):
        return grouped.lorenz_points(frame["P"], frame["L"])
    population = frame["population"] if "population" in frame else frame["weight"]
    return grouped.lorenz_points(population, frame["welfare"])


def beside(case, tool, measure, mine, theirs, tolerance, reason="") -> dict:  # noqa: PLR0917
    """One row of the table; the reason stands only where the numbers are not one and the same."""
    mine, theirs = float(mine), float(theirs)
    off = 0.0 if np.isnan(mine) and np.isnan(theirs) else difference(mine, theirs)
    return {
        "case_id": case,
        "tool": tool,
        "measure": measure,
        "ours": mine,
        "theirs": theirs,
        "difference": off,
        "difference_se": np.nan,
        "tolerance": tolerance,
        "tolerance_se": np.nan,
        "listed": True,
        "matched": bool(off <= tolerance),
        "reason": reason if not off <= EXACT else "",
    }


# PovcalNet -----------------------------------------------------------------------------------


def povcalnet_points(reference: Path) -> dict[str, pd.DataFrame]:
    """Points of every survey of PovcalNet, by file."""
    table = pd.read_csv(reference / "data" / "povcalnet_points.csv")
    return {name: grouped.lorenz_points(g["P"], g["L"]) for name, g in table.groupby("file")}


def _povcalnet(reference: Path, published: pd.DataFrame) -> Iterator[dict]:
    points = povcalnet_points(reference)
    for survey in published.to_dict("records"):
        if survey["n_points"] < 6:
            continue
        yield from _povcalnet_fits(survey, points[survey["file"]])
        yield from _povcalnet_choice(survey, points[survey["file"]])


def _povcalnet_fits(survey: dict, points: pd.DataFrame) -> Iterator[dict]:
    case = survey["file"]
    quadratic, beta = grouped.fit_quadratic(points), grouped.fit_beta(points)
    for name in "abc":
        yield beside(
            case, POVCALNET, f"quadratic {name}", getattr(quadratic, name),
            survey[f"gq_{name.upper()}"], 1e-4, PRINTED,
        )  # fmt: skip
    for name in ("theta", "gamma", "delta"):
        yield beside(
            case, POVCALNET, f"beta {name}", getattr(beta, name), survey[f"beta_{name}"], 1e-4,
            PRINTED,
        )  # fmt: skip
    for prefix, curve, points_apart in (("gq", quadratic, 1e-5), ("beta", beta, 1e-4)):
        yield from _povcalnet_poverty(case, survey, prefix, curve, points_apart)
        yield from _povcalnet_distribution(case, survey, prefix, curve)
        yield from _povcalnet_elasticities(case, survey, prefix, curve)


def _povcalnet_poverty(case, survey, prefix, curve, points_apart) -> Iterator[dict]:
    mean, line = survey[f"{prefix}_mean"], survey[f"{prefix}_line"]
    if np.isnan(line):
        mean, line = survey["final_mean"], survey["final_line"]
    measures = {"hc": "headcount_ratio", "pg": "poverty_gap_index", "fgt2": "poverty_severity"}
    for theirs, ours in measures.items():
        found = getattr(grouped, ours)(curve, mean=mean, line=line)
        published = survey[f"{prefix}_{theirs}_pct"] / 100
        apart = points_apart / published if published > 0 else 0.0
        reason = PRINTED if prefix == "gq" else COARSE_ROOT
        if theirs != "hc" and _adjusted(survey, prefix, theirs):
            apart, reason = np.inf, ADJUSTED
        yield beside(case, POVCALNET, f"{prefix} {ours}", found, published, apart, reason)


def _povcalnet_elasticities(case, survey, prefix, curve) -> Iterator[dict]:
    if np.isnan(survey[f"{prefix}_line"]):
        return
    found = grouped.elasticities(
        curve, mean=survey[f"{prefix}_mean"], line=survey[f"{prefix}_line"]
    )
    for of in ("mean", "gini"):
        published = survey[f"{prefix}_el_hc_{of}"]
        tolerance, reason = (1e-4, PRINTED) if prefix == "gq" else (5e-3, COARSE_ROOT)
        yield beside(
            case, POVCALNET, f"{prefix} elasticity to {of}", found[f"headcount_ratio_to_{of}"],
            published, tolerance, reason,
        )  # fmt: skip


def _adjusted(survey: dict, prefix: str, name: str) -> bool:
    """Whether PovcalNet printed the next lower order less 0.001 points in place of this one."""
    lower = {"pg": "hc", "fgt2": "pg"}[name]
    printed = [survey[f"{prefix}_{order}_pct"] for order in (lower, name)]
    moved = name == "fgt2" and _adjusted(survey, prefix, "pg")
    return moved or abs(printed[0] - printed[1] - 0.001) < 2e-6


def _povcalnet_distribution(case, survey, prefix, curve) -> Iterator[dict]:
    valid = survey[f"{prefix}_validity"] == "Valid"
    yield beside(case, POVCALNET, f"{prefix} valid", curve.valid, valid, 0.0)
    if valid:
        area = PRINTED if prefix == "gq" else COARSE_AREA
        published = survey[f"{prefix}_gini_pct"] / 100
        yield beside(case, POVCALNET, f"{prefix} gini", grouped.gini(curve), published, 2e-4, area)
        middle = grouped.median(curve, mean=survey[f"{prefix}_mean"])
        published = survey[f"{prefix}_median"]
        yield beside(case, POVCALNET, f"{prefix} median", middle, published, 1e-5, PRINTED)


def _povcalnet_choice(survey: dict, points: pd.DataFrame) -> Iterator[dict]:
    profile = grouped.grouped_profile(points, mean=survey["final_mean"], line=survey["final_line"])
    chosen = (
        ("headcount_ratio", "hc", "curve_for_poverty"),
        ("gini", "gini", "curve_for_distribution"),
    )
    for name, column, form in chosen:
        published = survey[f"final_{column}_pct"] / 100
        coarse = COARSE_ROOT if name == "headcount_ratio" else COARSE_AREA
        reason = coarse if profile[form] == "beta" else PRINTED
        allowed = 1e-4 / published if published > 0 else 0.0
        yield beside(
            survey["file"], POVCALNET, f"chosen {name}", profile[name], published, allowed, reason
        )


# wbpip ---------------------------------------------------------------------------------------


def _wbpip(reference: Path, sample: pd.DataFrame) -> Iterator[dict]:
    chosen = sample[sample["dataset"].isin([*WBPIP_SETS, "wbpip_gd_ex1+wbpip_gd_ex3"])]
    points = {name: grouped_points(reference, name) for name in WBPIP_SETS}
    for case in chosen.to_dict("records"):
        if case["estimate"] in ("", "NA"):
            continue
        ours, form = _wbpip_ours(case, points)
        if ours is not None:
            tolerance, reason = _wbpip_tolerance(case, form)
            tool = "inequalityTools" if "inequalityTools" in case["fn"] else "wbpip"
            quantity = f"{case['measure']} {case['group']}"
            yield beside(case["case_id"], tool, quantity, ours, case["estimate"], tolerance, reason)


def _wbpip_tolerance(case: dict, form: str) -> tuple[float, str]:
    beta = form == "beta"
    if case["group"] in ("watts", "mld"):
        return 0.3, COARSE_LOGS
    if case["measure"] == "grouped_dist_selected":
        return 1e-9, OTHER_CHOICE
    if "inequalityTools" in case["fn"]:
        return 1e-3, "its root finder stops at about 1e-4"
    if beta and case["group"] in ("gini", "dcm", "polarization"):
        return 1e-3, COARSE_AREA
    if beta and not case["group"].startswith(("coef", "median", "poverty_line", "deciles", "is_")):
        wide = case["group"] in ("ssez", "ddl", "eh", "gh", "ep", "gp")
        # The root is found to an absolute 1e-4, which weighs most on small headcounts.
        absolute = 2e-4 / max(abs(float(case["estimate"])), 1e-12)
        return max(5e-2 if wide else 5e-3, absolute), COARSE_ROOT
    return 1e-9, ""


def _parameters(text: str) -> dict[str, float]:
    return {key: float(value) for key, value in re.findall(r"(\w+)=([0-9.e+-]+)", text)}


def _wbpip_ours(case: dict, points: dict[str, pd.DataFrame]) -> tuple[float | None, str]:
    given = _parameters(case["params"])
    if case["dataset"] not in points:
        form = "beta" if "_LB" in case["measure"] else "quadratic"
        return _decomposition(case, given, points), form
    here = points[case["dataset"]]
    if case["measure"] == "synthetic_vector_summary":
        return _synthetic(case["group"], given, here), "quadratic"
    form = _form(case, given, here)
    curve = FITS[form](here)
    if "popshare" in given:
        given["povline"] = grouped.income_at(curve, given["popshare"], mean=given["mean"])
    given.setdefault("povline", given["mean"] / 2)
    return _quantity(case["group"], curve, given, here), form


FITS = {"quadratic": grouped.fit_quadratic, "beta": grouped.fit_beta}


def _form(case: dict, given: dict, points: pd.DataFrame) -> str:
    if "LQ" in case["measure"] or case["measure"] == "grouped_dist_selected":
        return "quadratic"
    if "LB" in case["measure"]:
        return "beta"
    comparison = grouped.compare_curves(points, mean=given["mean"], line=given["povline"])
    poverty = case["group"] in ("headcount", "poverty_gap", "poverty_severity", "watts")
    rule = grouped.curve_for_poverty if poverty else grouped.curve_for_distribution
    return rule(comparison)


ELASTICITIES = {
    "eh": "headcount_ratio_to_mean",
    "epg": "poverty_gap_index_to_mean",
    "ep": "poverty_severity_to_mean",
    "gh": "headcount_ratio_to_gini",
    "gpg": "poverty_gap_index_to_gini",
    "gp": "poverty_severity_to_gini",
}
AT_LINE = {
    "headcount": grouped.headcount_ratio,
    "poverty_gap": grouped.poverty_gap_index,
    "poverty_severity": grouped.poverty_severity,
    "watts": grouped.watts_index,
}


def _quantity(name: str, curve: grouped.Curve, given: dict, points: pd.DataFrame) -> float | None:
    at_line = {"mean": given["mean"], "line": given["povline"]}
    if name in AT_LINE:
        return AT_LINE[name](curve, **at_line)
    if name in ELASTICITIES:
        return grouped.elasticities(curve, **at_line)[ELASTICITIES[name]]
    if name.startswith("deciles_"):
        return grouped.quantile_shares(curve)[int(name.split("_")[1]) - 1]
    if name.startswith("coef_"):
        return list(vars(curve).values())[int(name.split("_")[1]) - 1]
    head = grouped.headcount_ratio(curve, **at_line)
    simple: dict[str, Callable] = {
        "poverty_line": lambda: given["povline"],
        "gini": lambda: grouped.gini(curve),
        "median": lambda: grouped.median(curve, mean=given["mean"]),
        "mld": lambda: grouped.mean_log_deviation(curve),
        "polarization": lambda: grouped.polarization(curve),
        "dcm": lambda: given["mean"] * (1 - grouped.gini(curve)),
        "rmhalf": lambda: given["mean"] * curve.income_share(0.5) * 2,
        "ris": lambda: curve.income_share(0.5),
        "dl": lambda: curve.relative_income(head),
        "ddl": lambda: curve.curvature(head),
        "is_valid": lambda: curve.valid,
        "is_normal": lambda: grouped.is_normal(curve, **at_line),
        "ssez": lambda: grouped.squared_error(points, curve, below=float(head)),
    }
    return simple[name]() if name in simple else None


def _synthetic(name: str, given: dict, points: pd.DataFrame) -> float | None:
    places = (np.arange(given["nobs"]) + 0.5) / given["nobs"]
    incomes = grouped.income_at(grouped.fit_quadratic(points), places, mean=given["mean"])
    summaries = {"min": np.min, "max": np.max, "mean": np.mean, "p50": np.median}
    return summaries[name](incomes) if name in summaries else None


def _decomposition(case: dict, given: dict, points: dict) -> float | None:
    form = grouped.fit_beta if "_LB" in case["measure"] else grouped.fit_quadratic
    name = re.search(r"headcount|poverty_gap|poverty_severity", case["measure"]).group()
    first, last = (form(points[f"wbpip_gd_{end}"]) for end in ("ex1", "ex3"))
    found = {
        f"P(mu{i},L{j})": float(AT_LINE[name](curve, mean=given[f"mu{i}"], line=given["z"]))
        for i in (0, 1)
        for j, curve in enumerate((first, last))
    }
    p = {key[4] + key[7]: value for key, value in found.items()}
    growth, redistribution = p["10"] - p["00"], p["01"] - p["00"]
    shapley = (growth + p["11"] - p["01"]) / 2
    found |= {
        "growth": shapley if "shapley" in case["measure"] else growth,
        "redistribution": redistribution,
        "residual": p["11"] - p["00"] - growth - redistribution,
        "growth_shapley": shapley,
        "redistribution_shapley": p["11"] - p["00"] - shapley,
        "total": p["11"] - p["00"],
    }
    return found.get(case["group"])


def _lognormal(sample: pd.DataFrame) -> Iterator[dict]:
    for case in sample[sample["fn"] == "ineq::Lc.lognorm"].to_dict("records"):
        curve = grouped.Lognormal(_parameters(case["params"])["parameter"])
        ours = curve.income_share(float(case["group"].removeprefix("p=")))
        yield beside(case["case_id"], "ineq", "Lc.lognorm", ours, case["estimate"], 1e-9)
