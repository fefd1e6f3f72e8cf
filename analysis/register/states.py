"""Households between states: how many pass from one to another, and at what hazard."""

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis import inhabitants, microdata
from analysis.register.flows import POOR, WHOLE, panel_rows

ABSENT = "absent"
SHOWN = ("poor", "returned", "exited", "never", ABSENT)


def transitions(households, *, area=None):
    """Count the households that pass from each state to each other from one year to the next.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `analysis.register.flows`.
    area : str or None
        Column to tell apart (where the household was; where it is, if it is new); None for all.

    Returns
    -------
    DataFrame
        Columns ``year`` (of arrival), the area, ``from_state, to_state, households, persons_from,
        persons_to`` and ``share`` (0 to 1, of the households in ``from_state``; missing for
        households that were ``absent``). Only passages that happened.

    Raises
    ------
    ValueError
        As for `analysis.register.flows`.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "b", "a", "b"], "year": [2016, 2016, 2017, 2017],
    ...     "size": [4, 3, 5, 3], "status": ["poor", "poor", "exited", "poor"]})
    >>> transitions(panel)[["to_state", "households", "share"]].values.tolist()
    [['exited', 1, 0.5], ['poor', 1, 0.5]]
    """
    pairs = _paired(panel_rows(households, area))
    keys = ["year", "area", "from_state", "to_state"]
    table = pairs.groupby(keys, as_index=False).agg(
        households=("household", "size"),
        persons_from=("size_from", "sum"),
        persons_to=("size_to", "sum"),
    )
    return _named_area(with_shares(table, keys[:3]), area)


def with_shares(table, keys):
    """Add to passages the share of the households that started in the same state.

    Parameters
    ----------
    table : DataFrame
        Columns ``from_state, households``.
    keys : list of str
        Columns that name a start: year, area, ``from_state``.

    Returns
    -------
    DataFrame
        With ``share``, 0 to 1; missing for households that were ``absent``.

    Examples
    --------
    >>> moves = pd.DataFrame({"from_state": ["poor", "poor"], "households": [1, 3]})
    >>> with_shares(moves, ["from_state"])["share"].tolist()
    [0.25, 0.75]
    """
    total = table.groupby(keys)["households"].transform("sum")
    share = (table["households"] / total).where(table["from_state"] != ABSENT)
    return table.assign(share=share)


def _named_area(table, area):
    return table.drop(columns="area") if area is None else table.rename(columns={"area": area})


def _paired(panel):
    rows = panel[["household", "year", "area", "status", "size"]]
    before = rows.assign(year=rows["year"] + 1)
    pairs = rows.merge(before, on=["household", "year"], how="outer", suffixes=("_to", "_from"))
    pairs = pairs[pairs["year"].between(panel["year"].min() + 1, panel["year"].max())]
    states = {f"{end}_state": pairs[f"status_{end}"].fillna(ABSENT) for end in ("from", "to")}
    return pairs.assign(area=pairs["area_from"].fillna(pairs["area_to"]), **states)


def state_links(moves):
    """Turn passages between states into links for a picture of the flow.

    Parameters
    ----------
    moves : DataFrame
        From `transitions`.

    Returns
    -------
    DataFrame
        Columns ``stage`` (0 for the first year), ``year, source, target, households``, ordered
        from poor to absent. Households that were never on the register and are still not, are
        left out: they would dwarf the rest.

    Examples
    --------
    >>> moves = pd.DataFrame({"year": 2017, "from_state": ["never", "poor"],
    ...                       "to_state": ["never", "exited"], "households": [90, 3]})
    >>> state_links(moves)[["source", "target", "households"]].to_numpy().tolist()
    [['poor', 'exited', 3]]
    """
    ends = ["from_state", "to_state"]
    inside = ~moves[ends].isin(["never", ABSENT]).all(axis=1)
    links = moves[inside].groupby(["year", *ends], as_index=False)["households"].sum()
    links = links.rename(columns={"from_state": "source", "to_state": "target"})
    order = {state: place for place, state in enumerate(SHOWN)}
    links = links.sort_values(
        ["year", "source", "target"], key=lambda column: column.map(order).fillna(column)
    )
    links.insert(0, "stage", links["year"] - links["year"].min())
    return links.reset_index(drop=True)


def hazards(moves, start, end, *, by=("year",), level=0.9):
    """Say which share of the households in some states passed to others, with exact bounds.

    Parameters
    ----------
    moves : DataFrame
        From `transitions`.
    start, end : sequence of str
        States passed from and to: ``("poor", "returned")`` to ``("exited",)`` is exit, the
        reverse is falling back.
    by : sequence of str
        Columns to group by.
    level : float
        Probability inside the bounds, 0 to 1.

    Returns
    -------
    DataFrame
        Columns of ``by``, ``at_risk, passed`` (households), ``hazard, hazard_low, hazard_high``,
        0 to 1. The bounds take households as independent; villages that exit together are less
        certain than that.

    References
    ----------
    Clopper and Pearson (1934) for the bounds.

    Examples
    --------
    >>> moves = pd.DataFrame({"year": 2017, "from_state": "poor", "to_state": ["exited", "poor"],
    ...                       "households": [1, 3]})
    >>> hazards(moves, ["poor"], ["exited"])[["at_risk", "passed", "hazard"]].values.tolist()
    [[4.0, 1.0, 0.25]]
    """
    exposed = moves[moves["from_state"].isin(list(start))]
    passed = exposed["households"].where(exposed["to_state"].isin(list(end)), 0)
    table = exposed.assign(at_risk=exposed["households"], passed=passed)
    table = table.groupby(list(by), as_index=False)[["at_risk", "passed"]].sum()
    low, high = proportion_confint(
        table["passed"], table["at_risk"], alpha=1 - level, method="beta"
    )
    return table.assign(hazard=table["passed"] / table["at_risk"], hazard_low=low, hazard_high=high)


def passages(households, villages):
    """Count who exited, fell back and was newly found, with how alike the villages' people are.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `analysis.register.flows`, with ``village``.
    villages : any dataframe Narwhals reads
        Columns ``village, year, population``.

    Returns
    -------
    DataFrame
        ``passage`` (exit, return, new), ``year, at_risk, passed`` (persons, as many as the year
        before; the new ones as many as they are) and ``design_effect``, at least 1: the variance
        between villages over that of persons who pass one by one. At risk of being new are those
        of the population who were not on the register. A year with nobody at risk is left out.

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4, for the ratio of clusters of unequal size.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "b", "a", "b"], "year": [2016, 2016, 2017, 2017],
    ...     "village": "v", "size": [4, 3, 5, 3], "status": ["poor", "poor", "exited", "poor"]})
    >>> villages = pd.DataFrame({"village": ["v"], "year": [2017], "population": [100]})
    >>> passages(panel, villages)[["passage", "at_risk", "passed"]].values.tolist()
    [['exit', 7.0, 4.0], ['new', 93.0, 0.0]]
    """
    moves = transitions(households, area="village")
    onto, poor_now = moves["to_state"], moves["to_state"].isin(POOR)
    poor, out = moves["from_state"].isin(POOR), moves["from_state"].eq("exited")
    counted = {
        "exit": (
            moves["persons_from"].where(poor),
            moves["persons_from"].where(poor & (onto == "exited")),
        ),
        "return": (moves["persons_from"].where(out), moves["persons_from"].where(out & poor_now)),
        "new": (
            -moves["persons_from"].where(poor | out),
            moves["persons_to"].where(~poor & ~out & poor_now),
        ),
    }
    rows = {
        name: _by_village(moves, *ends, villages if name == "new" else None)
        for name, ends in counted.items()
    }
    table = pd.concat({name: _summed_up(part) for name, part in rows.items()}, names=["passage"])
    table = table.reset_index()
    return table[table["at_risk"] > 0].reset_index(drop=True)


def _by_village(moves, at_risk, passed, villages):
    rows = moves[["year", "village"]].assign(at_risk=at_risk, passed=passed)
    rows = rows.groupby(["year", "village"])[["at_risk", "passed"]].sum()
    if villages is None:
        return rows
    people = microdata.fetch(villages, ["year", "population"], ["village"])
    people = people[people["year"].isin(moves["year"])].astype({"year": int})
    people = people.set_index(["year", "village"])["population"]
    rows = rows.reindex(rows.index.union(people.index)).fillna(0.0)
    return rows.assign(at_risk=rows["at_risk"] + people.reindex(rows.index).fillna(0.0))


def _summed_up(rows):
    total = rows.groupby("year").sum()
    share = (total["passed"] / total["at_risk"]).rename("share")
    joined = rows.join(share, on="year")
    villages = rows[rows["at_risk"] > 0].groupby("year").size()
    gaps = ((joined["passed"] - joined["at_risk"] * joined["share"]) ** 2).groupby("year").sum()
    alone = total["at_risk"] * share * (1 - share)
    effect = gaps / alone * villages / (villages - 1)
    return total.assign(
        design_effect=effect.where(alone.gt(0) & villages.gt(1), 1.0).clip(lower=1.0)
    )


def incidence(households, population, *, area=None):
    """Count the poor of the register over the population, by year and area.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `analysis.register.flows`.
    population : any dataframe Narwhals reads
        Columns ``year, population`` and the area if one is told apart; several rows of one cell,
        such as villages, are added up.
    area : str or None
        Column to tell apart.

    Returns
    -------
    DataFrame
        Columns ``year``, the area, ``poor_households, poor_persons, population,
        headcount_ratio`` (0 to 1). A cell without a population has no ratio; a cell of the
        population without poor households has zero.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a"], "year": [2017], "size": [4], "status": ["poor"]})
    >>> people = pd.DataFrame({"year": [2017], "population": [100]})
    >>> incidence(panel, people)["headcount_ratio"].tolist()
    [0.04]
    """
    panel = panel_rows(households, area)
    keys = ["year", "area"]
    poor = panel[panel["poor"]].groupby(keys)["size"].agg(["size", "sum"])
    poor = poor.set_axis(["poor_households", "poor_persons"], axis=1)
    people = microdata.fetch(population, ["year", "population"], microdata.names(area))
    people = people.assign(area=people[area] if area else WHOLE, year=people["year"].astype(int))
    people = people.groupby(keys)["population"].agg(lambda values: values.sum(skipna=False))
    people = people[people.index.get_level_values("year").isin(panel["year"])]
    table = poor.join(people, how="outer").fillna({"poor_households": 0, "poor_persons": 0})
    table["headcount_ratio"] = table["poor_persons"] / table["population"]
    return _named_area(table.reset_index(), area)


def stocks(households):
    """Count who is poor, and who has exited, at each year's end.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `analysis.register.flows`.

    Returns
    -------
    DataFrame
        ``year, poor_households, poor_persons, exited_households, exited_persons``; zero where
        there are none.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "b"], "year": 2017, "size": [4, 3],
    ...                       "status": ["returned", "exited"]})
    >>> stocks(panel).values.tolist()
    [[2017.0, 1.0, 4.0, 1.0, 3.0]]
    """
    panel = panel_rows(households)
    which = {"poor": panel["poor"], "exited": panel["status"].eq("exited")}
    counts = {}
    for state, there in which.items():
        counts |= {f"{state}_households": there, f"{state}_persons": panel["size"].where(there, 0)}
    return pd.DataFrame(counts).groupby(panel["year"]).sum().reset_index()


def own_exits(households, villages, place):
    """Give a place's exits so far from its register, as rows for `projection.exit_paces`.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `analysis.register.flows`.
    villages : any dataframe Narwhals reads
        Columns ``village, year, poor_village, exited_year``.
    place : str
        Name of the place in the result.

    Returns
    -------
    dict of DataFrame
        ``person`` and ``village``, each with columns ``place, year_from, year_to, opening,
        exits``, as `projection.own_exits` gives them from printed margins: either feeds
        `projection.learned_paces`. Persons are those of the year before; a year that opens
        with nobody poor is left out.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "b", "a", "b"], "year": [2016, 2016, 2017, 2017],
    ...     "size": [4, 3, 5, 3], "status": ["poor", "poor", "exited", "poor"]})
    >>> villages = pd.DataFrame({"village": ["v"], "year": [2017], "poor_village": [True],
    ...                          "exited_year": [2017]})
    >>> own_exits(panel, villages, "x")["person"][["opening", "exits"]].values.tolist()
    [[7.0, 4.0]]
    """
    moves = transitions(households)
    exposed = moves[moves["from_state"].isin(POOR)]
    gone = exposed["persons_from"].where(exposed["to_state"] == "exited", 0.0)
    persons = exposed.assign(opening=exposed["persons_from"], exits=gone)
    persons = persons.groupby("year")[["opening", "exits"]].sum()
    years = range(int(moves["year"].min()), int(moves["year"].max()) + 1)
    return {
        "person": _pace_rows(persons, place),
        "village": _pace_rows(_village_exits(villages, years), place),
    }


def own_returns(households, place):
    """Give a place's falls back into poverty so far, as rows for `projection.read_scenarios`.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `analysis.register.flows`.
    place : str
        Name of the place in the result.

    Returns
    -------
    DataFrame
        Columns ``place, year_from, year_to, exited_persons`` (out at the start of the year),
        ``returned_persons``; a year that opens with nobody out is left out.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "b", "a", "b"], "year": [2016, 2016, 2017, 2017],
    ...     "size": [4, 3, 5, 3], "status": ["exited", "exited", "exited", "returned"]})
    >>> own_returns(panel, "x")[["exited_persons", "returned_persons"]].values.tolist()
    [[7.0, 3.0]]
    """
    moves = transitions(households)
    exposed = moves[moves["from_state"] == "exited"]
    back = exposed["persons_from"].where(exposed["to_state"].isin(POOR), 0.0)
    table = exposed.assign(exited_persons=exposed["persons_from"], returned_persons=back)
    table = table.groupby("year", as_index=False)[["exited_persons", "returned_persons"]].sum()
    table = table[table["exited_persons"] > 0].rename(columns={"year": "year_from"})
    table.insert(0, "year_to", table["year_from"])
    table.insert(0, "place", place)
    return table.reset_index(drop=True)


def _pace_rows(table, place):
    kept = table[table["opening"] > 0].rename_axis("year_from").reset_index()
    kept = kept.assign(place=place, year_to=kept["year_from"])
    return kept[["place", "year_from", "year_to", "opening", "exits"]]


def _poor_villages(villages, year):
    rows = microdata.fetch(villages, ["year", "exited_year"], ["village", "poor_village"])
    rows = rows[(rows["year"] <= year) & rows["poor_village"].eq(True)]
    return rows.groupby("village")["exited_year"].min()


def _village_exits(villages, years):
    exited = _poor_villages(villages, max(years))
    # The list of poor villages is closed: those out before the first year are not in its opening.
    opening = [int((~(exited < year)).sum()) for year in years]
    exits = [int((exited == year).sum()) for year in years]
    return pd.DataFrame({"opening": opening, "exits": exits}, index=list(years), dtype=float)


def counted_margins(printed, households, villages, year, *, source):
    """Put the register's own counts in the place of a place's printed figures.

    Parameters
    ----------
    printed : DataFrame
        As `analysis.tables.margins` gives it: the targets of the place, and what it prints.
    households, villages : any dataframe Narwhals reads
        As for `own_exits`; ``villages`` also has ``population``.
    year : int
        Year whose end is counted.
    source : str
        Id of the register in the list of sources.

    Returns
    -------
    DataFrame
        As ``printed``; ``poor_persons, poor_households, exited_persons, incidence, poor_villages,
        exited_villages, exited_villages_year, admin_villages, rural_population`` are counted,
        without rounding. It feeds `projection.starting_state` as printed margins do.

    Raises
    ------
    ValueError
        The register or the villages have no such year, or a village of it has no population.

    Examples
    --------
    >>> import analysis.tables as tables
    >>> panel = pd.DataFrame({"household": ["a"], "year": [2017], "size": [4], "status": ["poor"]})
    >>> villages = pd.DataFrame({"village": ["v"], "year": [2017], "poor_village": [True],
    ...                          "exited_year": [None], "population": [100]})
    >>> villages = villages.astype({"exited_year": float})
    >>> counted = counted_margins(tables.margins("wenshan"), panel, villages, 2017, source="speech")
    >>> float(counted.loc["incidence", "value"])
    0.04
    """
    counts = _counts(households, villages, year)
    frame = printed.reindex(printed.index.union(list(counts), sort=False)).astype({"value": float})
    for name, value in counts.items():
        frame.loc[name, ["value", "value_low", "value_high"]] = value
        frame.loc[name, ["source", "verification"]] = [source, "derived"]
    return frame


def _counts(households, villages, year):
    ends = stocks(households).set_index("year")
    listed = microdata.fetch(villages, ["year", "population"], ["village"])
    listed = listed[listed["year"] == year]
    if year not in ends.index or listed.empty:
        raise ValueError(
            f"the register or the villages have no rows of {year}; name a year with both"
        )
    inhabitants.require(listed, year)
    now, village_exits = ends.loc[year], _poor_villages(villages, year)
    return {
        **now[["poor_persons", "poor_households", "exited_persons"]],
        "incidence": now["poor_persons"] / listed["population"].sum(),
        "poor_villages": len(village_exits),
        "exited_villages": int((village_exits <= year).sum()),
        "exited_villages_year": int((village_exits == year).sum()),
        "admin_villages": listed["village"].nunique(),
        "rural_population": listed["population"].sum(),
    }
