"""The tables of one row that chapters tell of a register, counted apart from the project."""

import pandas as pd

from tests.references_disclosure import POOR


def said(frames):
    """The tables of one row that tell sums of the others, as the office knows them."""
    shares, links = frames["shares"], frames["links"]
    sums = shares.groupby("passage")["passed_over"].sum()
    last = shares[shares["passage"] == "return"].tail(1).reset_index(drop=True)
    out = links[links["source"].eq("exited") & links["target"].ne("absent")]
    back, latest = out["target"].isin(POOR), out["year"].eq(out["year"].max())
    rows = {"followed": out, "returned": out[back]}
    rows |= {"followed_last": out[latest], "returned_last": out[back & latest]}
    return {
        "told": pd.DataFrame({"exited": [sums["exit"]], "returned": [sums["return"]]}),
        "answer": last.rename(columns={"passed_over": "passed"}),
        "risk": pd.DataFrame({name: [one["households"].sum()] for name, one in rows.items()}),
    }
