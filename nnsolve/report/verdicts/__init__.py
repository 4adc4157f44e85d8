"""Verdicts for other programs, a format a file; `WRITERS` lists them."""

from __future__ import annotations

from nnsolve.report.verdicts.json import JsonWriter
from nnsolve.report.verdicts.writer import MakeWriter

WRITERS: dict[str, MakeWriter] = {"json": JsonWriter}
