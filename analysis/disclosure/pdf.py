"""What stands in a PDF: on its pages, in the tree of its tags, in its links, notes and files."""

from __future__ import annotations

import ctypes
import urllib.parse
from collections.abc import Callable, Iterator
from functools import partial

import pypdfium2 as pdfium
from pypdfium2 import raw

# No page of ours is tagged deeper; a tree that bites its tail ends here.
DEEPEST = 60
# What a tag says in place of, or beside, what is drawn.
SAID = (raw.FPDF_StructElement_GetAltText, raw.FPDF_StructElement_GetActualText)
NOTED = (b"Contents", b"T", b"TU", b"V", b"Subj")


def texts(content: bytes) -> Iterator[tuple[str, str]]:
    """
    Give all texts of a PDF.

    Parameters
    ----------
    content : bytes
        The file.

    Yields
    ------
    (str, str)
        Where, and the text: metadata, outline, page by page what is drawn and what is said of it.

    Raises
    ------
    ValueError
        PDFium cannot open it.

    Examples
    --------
    >>> list(texts(b"no PDF"))
    Traceback (most recent call last):
    ...
    ValueError: Failed to load document (PDFium: Data format error).
    """
    with _opened(content) as book:
        outline = [mark.get_title() for mark in book.get_toc()]
        yield "metadata", "\n\n".join([*book.get_metadata_dict().values(), *outline])
        for number, page in enumerate(book, start=1):
            yield f"p. {number}", page.get_textpage().get_text_range()
            yield f"p. {number}", "\n\n".join([*_tags(page), *_notes(book, page)])


def attachments(content: bytes) -> Iterator[tuple[str, bytes]]:
    """
    Give the files that a PDF carries.

    Parameters
    ----------
    content : bytes
        The file.

    Yields
    ------
    (str, bytes)
        Name and content.

    Raises
    ------
    ValueError
        PDFium cannot open it.

    Examples
    --------
    >>> list(attachments(b"no PDF"))
    Traceback (most recent call last):
    ...
    ValueError: Failed to load document (PDFium: Data format error).
    """
    with _opened(content) as book:
        for number in range(book.count_attachments()):
            held = book.get_attachment(number)
            yield held.get_name(), bytes(held.get_data())


def _opened(content: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as refusal:
        raise ValueError(str(refusal)) from None


def _tags(page: pdfium.PdfPage) -> Iterator[str]:
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return
    try:
        yield from _said(tree)
    finally:
        raw.FPDF_StructTree_Close(tree)


def _said(tree) -> Iterator[str]:
    count, child = raw.FPDF_StructTree_CountChildren, raw.FPDF_StructTree_GetChildAtIndex
    left = [(child(tree, at), DEEPEST) for at in range(count(tree))]
    count, child = raw.FPDF_StructElement_CountChildren, raw.FPDF_StructElement_GetChildAtIndex
    while left:
        element, depth = left.pop()
        for ask in SAID if element else ():
            yield from _utf16(partial(ask, element))
        if element and depth:
            left.extend((child(element, at), depth - 1) for at in range(count(element)))


def _notes(book: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    """Give what links lead to, and what is written into notes and fields."""
    for at in range(raw.FPDFPage_GetAnnotCount(page)):
        note = raw.FPDFPage_GetAnnot(page, at)
        for key in NOTED:
            yield from _utf16(partial(_noted, note, key))
        link = raw.FPDFAnnot_GetLink(note)
        action = raw.FPDFLink_GetAction(link) if link else None
        if action:
            address = _asked(partial(raw.FPDFAction_GetURIPath, book, action))
            yield urllib.parse.unquote(address.rstrip(b"\0").decode(errors="replace"))
        raw.FPDFPage_CloseAnnot(note)


def _noted(note, key: bytes, room, size: int) -> int:
    wide = ctypes.cast(room, ctypes.POINTER(raw.FPDF_WCHAR))
    return raw.FPDFAnnot_GetStringValue(note, key, wide, size)


def _utf16(ask: Callable[[object, int], int]) -> Iterator[str]:
    held = _asked(ask)
    if len(held) > 2:
        yield held[:-2].decode("utf-16-le", errors="replace")


def _asked(ask: Callable[[object, int], int]) -> bytes:
    """PDFium says how much room it needs, and fills none that is too small."""
    size = ask(None, 0)
    room = ctypes.create_string_buffer(size)
    filled = ask(room, size) if size else 0
    return room.raw[:filled]
