"""A writer of small XLS files as old offices send them: records of Excel 97 in one stream."""

import struct

SECTORS = 128


def _record(kind, body):
    return struct.pack("<HH", kind, len(body)) + body


def _wide(text):
    return b"\x01" + text.encode("utf-16-le")


def _cell(row, column, value):
    at = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x0204, at + struct.pack("<H", len(value)) + _wide(value))
    return _record(0x0203, at + struct.pack("<d", value))


def _biff(name, cells):
    """One sheet in the records of Excel 97."""
    end, about = _record(0x000A, b""), struct.pack("<HHII", 0, 0, 0, 0)
    head = _record(0x0809, struct.pack("<HH", 0x0600, 0x0005) + about)
    title = struct.pack("<BBB", 0, 0, len(name)) + _wide(name)
    start = len(head) + 8 + len(title) + len(end)
    head += _record(0x0085, struct.pack("<I", start) + title) + end
    size = struct.pack("<IIHHH", 0, len(cells), 0, max(map(len, cells)), 0)
    body = _record(0x0809, struct.pack("<HH", 0x0600, 0x0010) + about) + _record(0x0200, size)
    for row, values in enumerate(cells):
        body += b"".join(_cell(row, at, value) for at, value in enumerate(values) if value != "")
    return head + body + end


def _entry(name, kind, child, start, size):
    wide = (name + "\0").encode("utf-16-le")
    links = struct.pack("<IIi", 0xFFFFFFFF, 0xFFFFFFFF, child)
    place = struct.pack("<IQ", start, size)
    return (
        wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1) + links + bytes(36) + place
    )


def write_xls(path, name, cells):
    """
    Write one sheet as an XLS file.

    Parameters
    ----------
    path : Path
        File to write.
    name : str
        Name of the sheet.
    cells : list of list
        Rows of text and numbers; an empty text is an empty cell.

    Raises
    ------
    ValueError
        The cells fill more than the 63,488 bytes that one sector of addresses reaches.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_xls(Path(folder) / "a.xls", "Sheet1", [["村", 1]])
    ...     (Path(folder) / "a.xls").read_bytes()[:4].hex()
    'd0cf11e0'
    """
    stream = _biff(name, cells)
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    last = 2 + len(stream) // 512
    if last + 1 > SECTORS:
        raise ValueError(f"{len(stream):,} bytes are more than a small XLS file holds; write XLSX")
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, last), 0xFFFFFFFE]
    table = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    empty = 0xFFFFFFFF
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[empty] * 108)
    entries = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0)
    entries += _entry("Workbook", 2, -1, 2, len(stream)) + bytes(256)
    path.write_bytes(header + table + entries + stream)
