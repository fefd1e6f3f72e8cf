"""The package lists agree, and the lock names no address."""

import re
import subprocess
import tomllib

import pytest
import yaml


def _listed(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project["dependencies"] + project["optional-dependencies"]["test"])


def _conda(root):
    entries = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    plain = [entry for entry in entries if isinstance(entry, str)]
    return plain, [entry for entry in pip if not entry.startswith("--")]


def test_environment_lists_what_pyproject_lists(root):
    plain, pip = _conda(root)
    assert sorted([*plain, *pip]) == sorted([*_listed(root), "pip", "python>=3.11"])


def test_python_is_the_one_pyproject_asks_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"python{project['requires-python']}" in _conda(root)[0]


def _extras(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [one for extra in project["optional-dependencies"].values() for one in extra]


def _lock(root, name):
    return (root / name).read_text(encoding="utf-8")


def _pinned(lock):
    """Every package with each version of it: Python versions may differ in which they take."""
    return set(re.findall(r"^([\w.-]+)(?:\[\w+\])?==([^\s;]+)", lock, flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "listed"), [("requirements.lock", _listed), ("requirements-extras.lock", _extras)]
)
def test_lock_pins_every_listed_package_with_hashes_and_names_no_address(root, name, listed):
    lock = _lock(root, name)
    wanted = {re.split(r"[<>=\[]", entry)[0].lower() for entry in listed(root)}
    assert wanted <= {package.lower() for package, _ in _pinned(lock)}
    blocks = re.split(r"\n(?=[\w.-]+(?:\[\w+\])?==)", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--index|file:", lock)


def test_the_extras_change_no_package_that_was_installed_before(root):
    first, more = (_lock(root, name) for name in ("requirements.lock", "requirements-extras.lock"))
    names = {name for name, _ in _pinned(first)}
    assert {pin for pin in _pinned(more) if pin[0] in names} <= _pinned(first)


def test_make_without_target_prints_every_target(root):
    asked = ["make", "--no-print-directory", "-C", str(root)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    for target in ("briefs", "test", "lab", "refresh", "clean"):
        assert re.search(rf"^ +make {target} +\w", said, flags=re.MULTILINE)
