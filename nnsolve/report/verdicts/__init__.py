"""Verdicts for other programs, a format a file; `WRITERS` lists them."""

from __future__ import annotations

from nnsolve.report.verdicts.csv import CsvWriter
from nnsolve.report.verdicts.gradescope import GradescopeWriter
from nnsolve.report.verdicts.html import HtmlWriter
from nnsolve.report.verdicts.json import JsonWriter
from nnsolve.report.verdicts.junit import JunitWriter
from nnsolve.report.verdicts.writer import MakeWriter

WRITERS: dict[str, MakeWriter] = {
    "json": JsonWriter,
    "csv": CsvWriter,
    "junit-xml": JunitWriter,
    "gradescope": GradescopeWriter,
    "html": HtmlWriter,
}
