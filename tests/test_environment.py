"""The package lists agree, and the lock names no address."""

import re
import subprocess
import tomllib

import yaml


def _listed(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project["dependencies"] + project["optional-dependencies"]["test"])


def _with_extras(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    return sorted(project["dependencies"] + extras)


def _conda(root):
    entries = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    plain = [entry for entry in entries if isinstance(entry, str)]
    return plain, [entry for entry in pip if not entry.startswith("--")]


def test_environment_lists_what_pyproject_lists(root):
    plain, pip = _conda(root)
    assert sorted([*plain, *pip]) == sorted([*_with_extras(root), "pip", "python>=3.11"])


def test_python_is_the_one_pyproject_asks_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"python{project['requires-python']}" in _conda(root)[0]


def test_lock_pins_every_listed_package_with_hashes(root):
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)}
    wanted = {re.split(r"[<>=\[]", entry)[0].lower() for entry in _listed(root)}
    assert wanted <= pinned
    blocks = re.split(r"\n(?=[\w.-]+==)", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_lock_names_no_address(root):
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|file:", lock)


def test_make_without_target_prints_every_target(root):
    asked = ["make", "--no-print-directory", "-C", str(root)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    for target in ("briefs", "test", "lab", "refresh", "clean"):
        assert re.search(rf"^ +make {target} +\w", said, flags=re.MULTILINE)
