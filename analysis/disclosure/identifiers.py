"""Identifiers at the door: codes of persons and households turned into keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis import marks, tables
from analysis.disclosure.guard import open_register

LENGTH = 20


def admitted(ledgers: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """
    Let an office's ledgers in: codes of people hashed, and every later exhibit guarded.

    Parameters
    ----------
    ledgers : mapping
        Tables by the names of the contract.

    Returns
    -------
    dict
        The tables, with the codes that the dictionary calls personal hashed under the office's key.
        Codes of synthetic people stay as they are.

    Examples
    --------
    >>> from analysis.disclosure.guard import close_register
    >>> admitted({"helpers": pd.DataFrame({"household": ["SYNH1"]})})["helpers"]["household"].item()
    'SYNH1'
    >>> close_register()
    """
    open_register()
    real = any(_real(frame[name]).any() for frame, name in _coded(ledgers))
    return pseudonymised(ledgers, office_key()) if real else dict(ledgers)


def pseudonymised(ledgers: Mapping[str, pd.DataFrame], key: bytes) -> dict[str, pd.DataFrame]:
    """
    Replace codes of people by keyed hashes, alike in every table, so that tables still join.

    Parameters
    ----------
    ledgers : mapping
        Tables by the names of the contract.
    key : bytes
        Key of the office; without it nobody can tell whose a hash is.

    Returns
    -------
    dict
        New tables; those without personal codes are the same objects.

    References
    ----------
    RFC 2104, HMAC: Keyed-Hashing for Message Authentication.

    Examples
    --------
    >>> made = {"helpers": pd.DataFrame({"household": ["0001"], "helper": ["SYNA1"]})}
    >>> hashed = pseudonymised(made, b"key")["helpers"]
    >>> len(hashed["household"].item()), hashed["helper"].item()
    (20, 'SYNA1')
    """
    changed = {name: {} for name in ledgers}
    for table, columns in _personal_columns(ledgers).items():
        changed[table] = {column: _hashed(ledgers[table][column], key) for column in columns}
    return {
        name: frame.assign(**changed[name]) if changed[name] else frame
        for name, frame in ledgers.items()
    }


def office_key() -> bytes:
    """
    Read the office's key, made at the first use and readable by its owner alone.

    Returns
    -------
    bytes
        Content of the file that ANALYSIS_OFFICE_KEY names, or of ``.office/key`` beside the data.

    Raises
    ------
    ValueError
        The file is empty or too short to be a key.

    Examples
    --------
    >>> office_key.__name__
    'office_key'
    """
    beside = tables.DATA.parent / ".office" / "key"
    path = Path(os.environ.get("ANALYSIS_OFFICE_KEY", beside))
    if not path.exists():
        _write_key(path)
    key = path.read_bytes().strip()
    if len(key) < 32:
        raise ValueError(f"{path.name} is not a key of an office: it has fewer than 32 characters")
    return key


def _write_key(path: Path) -> None:
    """Two chapters may start at once: the first whole file stands, the other is thrown away."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        os.unlink(name)


def _coded(ledgers: Mapping[str, pd.DataFrame]):
    for table, columns in _personal_columns(ledgers).items():
        yield from ((ledgers[table], column) for column in columns)


def _personal_columns(ledgers: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    rows = tables.dictionary()
    codes = rows[(rows["personal"] == "yes") & (rows["type"] == "code")]
    return {
        name: [c for c in codes.loc[codes["table"] == name, "column"] if c in frame]
        for name, frame in ledgers.items()
    }


def _real(codes: pd.Series) -> pd.Series:
    return codes.notna() & ~codes.astype("str").str.startswith(marks.PREFIX)


def _hashed(codes: pd.Series, key: bytes) -> pd.Series:
    """The name of the column is hashed along: a household's hash tells nothing of a helper's."""
    real = _real(codes)
    each = {code: _hash(key, f"{codes.name}:{code}") for code in codes[real].unique()}
    return codes.mask(real, codes.map(each)).astype(codes.dtype)


def _hash(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:LENGTH]
