"""What a screen reader says of a PDF: the marked texts, in the order of its structure."""

import ctypes

import pypdfium2
import pypdfium2.raw as pdfium


def read_aloud(pdf):
    """List the marked texts of a tagged PDF in the order in which a reader comes to them."""
    with pypdfium2.PdfDocument(pdf) as book:
        return [said for page in book for said in _page(page)]


def _page(page):
    held = _texts_by_mark(page)
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    tops = range(pdfium.FPDF_StructTree_CountChildren(tree))
    elements = [pdfium.FPDF_StructTree_GetChildAtIndex(tree, at) for at in tops]
    said = [held.get(mark, "") for element in elements for mark in _marks(element)]
    pdfium.FPDF_StructTree_Close(tree)
    return said


def _marks(element):
    """Marks of the texts below an element of the structure."""
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        child = pdfium.FPDF_StructElement_GetChildAtIndex(element, at)
        if child:
            yield from _marks(child)
        elif (mark := pdfium.FPDF_StructElement_GetChildMarkedContentID(element, at)) >= 0:
            yield mark


def _texts_by_mark(page):
    held, text = {}, page.get_textpage()
    for at in range(pdfium.FPDFPage_CountObjects(page.raw)):
        drawn = pdfium.FPDFPage_GetObject(page.raw, at)
        if pdfium.FPDFPageObj_GetType(drawn) == pdfium.FPDF_PAGEOBJ_TEXT:
            mark = pdfium.FPDFPageObj_GetMarkedContentID(drawn)
            held[mark] = held.get(mark, "") + _text(drawn, text.raw)
    return held


def _text(drawn, page):
    size = pdfium.FPDFTextObj_GetText(drawn, page, None, 0)
    letters = ctypes.create_string_buffer(size)
    into = ctypes.cast(letters, ctypes.POINTER(ctypes.c_ushort))
    pdfium.FPDFTextObj_GetText(drawn, page, into, size)
    return letters.raw[: size - 2].decode("utf-16-le")
