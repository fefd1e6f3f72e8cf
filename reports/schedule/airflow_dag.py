"""An Airflow DAG: the batch by its command, or chapter by chapter with PapermillOperator.

Put it into Airflow's folder of DAGs; it needs apache-airflow (3) with its providers papermill and
standard, and the project's folder in the variable of the environment BRIEFS_PROJECT. The batch is
what an office wants. The chapters beside it are for those who watch each notebook in Airflow: they
run the same notebooks, with what `briefs.yml` tells them, and set no PDF. An entry with
`for: {month: [last]}` has a new edition each time, that of the month that ended; so the names of
its tasks change every month.
"""

import os
from datetime import datetime
from pathlib import Path

from airflow import DAG
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator

from analysis.briefs import read_editions

PROJECT = Path(os.environ["BRIEFS_PROJECT"])
EXECUTED = PROJECT / "reports" / "generated" / "airflow"
COMMAND = "cd {project} && .venv/bin/python -m analysis brief"

with DAG(
    dag_id="county_briefs",
    schedule="30 5 1 * *",
    start_date=datetime(2018, 3, 1),
    catchup=False,
    max_active_runs=1,
) as dag:
    batch = BashOperator(task_id="batch", bash_command=COMMAND.format(project=PROJECT))

    for edition in read_editions(PROJECT / "reports" / "briefs.yml", PROJECT):
        for chapter in edition.chapters:
            (EXECUTED / edition.name).mkdir(parents=True, exist_ok=True)
            PapermillOperator(
                task_id=f"{edition.name}.{chapter.name}",
                input_nb=str(chapter.notebook),
                output_nb=str(EXECUTED / edition.name / f"{chapter.name}.ipynb"),
                parameters=dict(chapter.told),
            )
