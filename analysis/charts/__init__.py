"""One function a chart: results and axes in, marks on the axes out; nothing is computed here."""
