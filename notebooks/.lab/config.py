"""How `make lab` sets JupyterLab: it opens on the start page, and asks nothing of any network."""

from pathlib import Path

HERE = Path(__file__).resolve().parent

c = get_config()  # noqa: F821 - Jupyter gives it
c.ServerApp.root_dir = str(HERE.parent)
c.LabApp.default_url = "/lab/tree/start.md"
c.LabApp.app_settings_dir = str(HERE)
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
