"""What became of the money: amounts by level, per person still poor, per person lifted."""

import pandas as pd

HEADCOUNT_STEP = 10_000
# Whether the ledgers tell what was spent, and whom the money reached.
TOLD_BY = {
    (True, True): "ledgers",
    (False, True): "unpaid",
    (True, False): "unreached",
    (False, False): "printed",
}


def yuan_per_person(funds: pd.DataFrame, headcounts: pd.DataFrame) -> pd.DataFrame:
    """Set yearly funds beside the poor at the year's start and those lifted in the year.

    Parameters
    ----------
    funds : DataFrame
        Columns ``year, approved_yuan``; one row a year.
    headcounts : DataFrame
        Columns ``year, poor_persons`` at each year's end, printed in steps of 10,000 persons.

    Returns
    -------
    DataFrame
        Columns ``year, approved_yuan, poor_at_start, lifted, yuan_per_poor, yuan_per_lifted,
        yuan_per_lifted_low, yuan_per_lifted_high``: yuan a person; the bounds are those of the
        printed steps alone. Years without both neighbouring headcounts are left out. ``lifted`` is
        net of those who fell into poverty; the money is not shown to be its cause.

    Examples
    --------
    >>> funds = pd.DataFrame({"year": [2017], "approved_yuan": [1_000_000.0]})
    >>> poor = pd.DataFrame({"year": [2016, 2017], "poor_persons": [500_000, 400_000]})
    >>> yuan_per_person(funds, poor)[["yuan_per_poor", "yuan_per_lifted"]].values.tolist()
    [[2.0, 10.0]]
    """
    poor = headcounts.set_index("year")["poor_persons"].astype(float)
    start = funds["year"].map(poor.set_axis(poor.index + 1))
    lifted = start - funds["year"].map(poor)
    rounding = HEADCOUNT_STEP  # half a step on each of the two headcounts
    frame = funds[["year", "approved_yuan"]].assign(
        poor_at_start=start,
        lifted=lifted,
        yuan_per_poor=funds["approved_yuan"] / start,
        yuan_per_lifted=funds["approved_yuan"] / lifted,
        yuan_per_lifted_low=funds["approved_yuan"] / (lifted + rounding),
        yuan_per_lifted_high=funds["approved_yuan"] / (lifted - rounding),
    )
    return frame[lifted > rounding].reset_index(drop=True)


def shares(frame: pd.DataFrame, amount: str) -> pd.DataFrame:
    """Add each row's share of the total.

    Parameters
    ----------
    frame : DataFrame
        One row a part.
    amount : str
        Column to share out, not negative.

    Returns
    -------
    DataFrame
        The frame with ``share``, 0 to 1, summing to 1; none where there are no rows.

    Raises
    ------
    ValueError
        The total of the rows is not above zero.

    Examples
    --------
    >>> shares(pd.DataFrame({"level": ["a", "b"], "yuan": [3, 1]}), "yuan")["share"].tolist()
    [0.75, 0.25]
    """
    total = float(frame[amount].sum())
    if len(frame) and not total > 0:
        raise ValueError(f"the column {amount} sums to {total:g}; shares need a total above zero")
    return frame.assign(share=frame[amount].astype(float) / total)


def answerable(questions: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Tell which questions about the money the printed figures can answer.

    Parameters
    ----------
    questions : DataFrame
        Columns ``question, facts`` (ids, ``;`` between several) and more.
    facts : DataFrame
        Columns ``fact, value``; a redacted figure has no value.

    Returns
    -------
    DataFrame
        The questions with ``answer``: ``yes`` where every fact has a value, ``in_part`` where some
        have, ``no`` where none has.

    Raises
    ------
    KeyError
        A question names a fact that is not there.

    Examples
    --------
    >>> questions = pd.DataFrame({"question": ["spent"], "facts": ["F1;F2"]})
    >>> facts = pd.DataFrame({"fact": ["F1", "F2"], "value": [1.0, None]})
    >>> answerable(questions, facts)["answer"].tolist()
    ['in_part']
    """
    printed = facts.set_index("fact")["value"].notna()
    named = questions["facts"].fillna("").map(lambda ids: [fact for fact in ids.split(";") if fact])
    unknown = sorted({fact for ids in named for fact in ids} - set(printed.index))
    if unknown:
        raise KeyError(f"the questions name facts that are not there: {', '.join(unknown)}")
    told = named.map(lambda ids: printed[ids].mean() if ids else 0.0)
    answer = told.map(lambda share: "yes" if share == 1 else "in_part" if share else "no")
    return questions.assign(answer=answer)


def row(frame: pd.DataFrame, place: int = 0) -> dict:
    """Give one row of a table by the names of its columns, for the words of an exhibit.

    Parameters
    ----------
    frame : DataFrame
        Any table.
    place : int
        Number of the row; -1 is the last.

    Returns
    -------
    dict
        Column to value; empty where the table has no rows.

    Examples
    --------
    >>> row(pd.DataFrame({"month": ["2017-12", "2018-01"]}), -1), row(pd.DataFrame())
    ({'month': '2018-01'}, {})
    """
    return {} if frame.empty else frame.iloc[place].to_dict()


def told_by(synthetic: bool, spent: pd.DataFrame, reached: pd.DataFrame) -> str:
    """Say what the chapter answers from: the ledgers, as far as they go, or the printed figures.

    Parameters
    ----------
    synthetic : bool
        Whether the ledgers are made up; what they show is then no answer.
    spent : DataFrame
        What the ledgers of projects and payments tell; no rows where one is lacking.
    reached : DataFrame
        What those of projects and villages tell.

    Returns
    -------
    str
        ``ledgers`` where they are real and tell both, ``unpaid`` or ``unreached`` where they lack
        the one or the other, else ``printed``.

    Examples
    --------
    >>> kept, lacking = pd.DataFrame({"yuan": [1.0]}), pd.DataFrame()
    >>> told_by(False, kept, kept), told_by(False, lacking, kept), told_by(True, kept, kept)
    ('ledgers', 'unpaid', 'printed')
    """
    if synthetic:
        return "printed"
    return TOLD_BY[len(spent) > 0, len(reached) > 0]
