"""Data files: `.csv`, `.npy`, `.npz` and `.yaml` below the problem's folder -> arrays of float64.

Nothing is unpickled, nothing outside the folder is opened (symbolic links are followed first), and no more is read
than the limits allow, whatever the file claims about itself.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from nnsolve.core.diagnostics import Place, ProblemError, did_you_mean
from nnsolve.problem.reader import MapNode, parse_yaml
from nnsolve.problem.source import decoded, open_regular, shown, size_text

if TYPE_CHECKING:
    from nnsolve.problem.fields import Documents
    from nnsolve.problem.model import Tensor

MAX_BYTES = 256 << 20
"""Of all data files of a problem together."""

MAX_YAML_BYTES = 16 << 20
"""Of all YAML files with values together; each number of them costs some 500 bytes while it is read."""

MAX_YAML_VALUES = 500_000

MAX_CELL = 200
MAX_LINE = 16 << 20


class Request(NamedTuple):
    """What `{file: ...}` asks for; `keys` has the places of its keys, `columns` count from 0.

    `documents` has the YAML files that were read already: one file holds many values.
    """

    name: str
    place: Place
    folder: Path
    documents: Documents
    key: str | None = None
    header: bool = False
    columns: list[Any] | None = None
    keys: Mapping[str, Place] = {}
    infinite: bool = False


def read(request: Request, max_elements: int, max_bytes: int) -> tuple[Tensor, int]:
    """The array of a data file and the number of bytes read; raises `ProblemError` for whatever is wrong with it."""
    path = _resolved(request)
    if path.suffix.lower() in (".yaml", ".yml"):
        return _read_yaml(path, request)
    reader, allowed = _KINDS.get(path.suffix.lower(), (None, ()))
    if reader is None:
        message = f"{shown(request.name)} is no .csv, .npy, .npz or .yaml file"
        raise ProblemError.of("file-kind", message, request.place)
    _check_keys(path, request, allowed)
    with open_regular(path, request.place) as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if size > max_bytes:
            message = (
                f"{shown(request.name)} has {size_text(size)}; data files may have {size_text(MAX_BYTES)} together"
            )
            raise ProblemError.of("too-big", message, request.place)
        try:
            result = reader(stream, request, max_elements)
        except (OSError, MemoryError) as error:
            raise _unusable(request, str(error) or "it does not fit into memory") from None
    _check_values(result, request)
    return result, size


def _check_keys(path: Path, request: Request, allowed: tuple[str, ...]) -> None:
    """Raise where `key:`, `header:` or `columns:` stands beside a file that has no such thing."""
    for name in ("key", "header", "columns"):
        if name in request.keys and name not in allowed:
            message = f"{name}: means nothing for a {path.suffix.lower()} file"
            raise ProblemError.of("unknown-key", message, request.keys[name], "delete it")


def _resolved(request: Request) -> Path:
    """The file's path, links followed; raises `ProblemError` where it is not below the problem's folder."""
    try:
        folder = request.folder.resolve(strict=True)
        path = (folder / request.name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise _unusable(request, str(error)) from None
    if not path.is_relative_to(folder):
        message = f"{shown(request.name)} is not below the problem file's folder"
        raise ProblemError.of("file-outside", message, request.place, "copy the file next to the problem")
    return path


def _unusable(request: Request, reason: str, place: Place | None = None) -> ProblemError:
    message = f"{shown(request.name)} cannot be used: {shown(reason, 200)[1:-1]}"
    return ProblemError.of("file-unusable", message, place or request.place)


def _check_values(result: Tensor, request: Request) -> None:
    """Raise where an element is NaN, or infinite without leave; csv files were checked cell by cell."""
    import numpy as np

    if result.size == 0:
        raise _unusable(request, "it has no numbers")
    bad = np.isnan(result) if request.infinite else ~np.isfinite(result)
    if bad.any():
        index = np.unravel_index(int(np.argmax(bad)), result.shape)
        where = ", ".join(f"{axis} {int(i) + 1}" for axis, i in zip(("row", "column", "axis 3"), index, strict=False))
        message = f"{shown(request.name)} holds {float(result[index])} ({where or 'its only value'})"
        raise ProblemError.of("not-a-number", message, request.place, "give every value as a finite number")


# csv ------------------------------------------------------------------------------------------------------------------


def _read_csv(stream: BinaryIO, request: Request, max_elements: int) -> Tensor:
    """Rows of numbers between commas; blank lines are skipped. Always a matrix, a line a row."""
    import numpy as np

    lines = _lines(stream, request)
    rows = csv.reader(lines)
    columns: list[int] | None = None
    values = array("d")
    width = count = first_line = 0
    try:
        for row in rows:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if not width:
                width, first_line = len(row), rows.line_num
                columns = _chosen(row, request)
                if request.header:
                    continue
            if len(row) != width:
                message = f"the line has {len(row)} values, but line {first_line} has {width}"
                raise _bad_cell(request, rows.line_num, None, message)
            if (count + 1) * width > max_elements:
                raise ProblemError.of("too-big", f"{shown(request.name)} holds too many numbers", request.place)
            count += 1
            cells = row if columns is None else [row[i] for i in columns]
            try:
                numbers = [float(cell) for cell in cells]
            except ValueError:
                numbers = []
            # float() takes more than a number may be: nan, 1_000, digits of other scripts.
            joined = "".join(cells)
            if not numbers or "_" in joined or not joined.isascii() or not all(map(math.isfinite, numbers)):
                numbers = [_cell(cell, i, rows.line_num, request) for i, cell in enumerate(cells)]
            values.extend(numbers)
    except csv.Error as error:
        raise _bad_cell(request, rows.line_num, None, str(error)) from None
    if not count:
        raise _unusable(request, "it has no numbers")
    return np.frombuffer(values, dtype=np.float64).reshape(count, -1).copy()


def _lines(stream: BinaryIO, request: Request) -> Iterator[str]:
    """The lines of a text file in UTF-8; raises `ProblemError` with the line that is none."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise _bad_cell(request, number, None, f"the line is longer than {size_text(MAX_LINE)}")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise _bad_cell(request, number, None, "the line is not UTF-8") from None


def _chosen(row: list[str], request: Request) -> list[int] | None:
    """The numbers of the chosen columns, looked up in the header where they are names."""
    if request.columns is None:
        return None
    place = request.keys.get("columns", request.place)
    names = [cell.strip() for cell in row]
    result = []
    for column in request.columns:
        if isinstance(column, int):
            if column >= len(row):
                message = f"{shown(request.name)} has {len(row)} columns; a later one is asked for"
                raise ProblemError.of("out-of-range", message, place)
            result.append(column)
            continue
        if not request.header:
            message = f"column {shown(column)} is asked for by its name, but header: true is not said"
            raise ProblemError.of("missing-key", message, place, "add header: true")
        if names.count(column) != 1:
            has = "twice" if column in names else "not"
            message = f"the header of {shown(request.name)} has column {shown(column)} {has}"
            raise ProblemError.of(
                "unknown-column", message, place, did_you_mean(column, [n[:100] for n in names[:100]])
            )
        result.append(names.index(column))
    return result


def _cell(cell: str, index: int, line: int, request: Request) -> float:
    """The number of a cell; raises `ProblemError` with file and line where it is none."""
    text = cell.strip()
    help = None
    try:
        if "_" in text or not text.isascii() or len(text) > MAX_CELL:
            raise ValueError
        value = float(text)
        if math.isfinite(value) or (request.infinite and math.isinf(value) and "inf" in text.lower()):
            return value
    except ValueError:
        if ";" in text:
            help = "values are separated by commas, not semicolons"
        elif line == 1 and not request.header:
            help = "if the first line holds names, add header: true"
    raise _bad_cell(request, line, index, f"{shown(cell)} is not a number" if text else "the value is missing", help)


def _bad_cell(request: Request, line: int, index: int | None, message: str, help: str | None = None) -> ProblemError:
    where = f"{shown(request.name, 200)[1:-1]}:{line}" + (f", value {index + 1}" if index is not None else "")
    return ProblemError.of("bad-data", f"{where}: {message}", request.place, help)


# npy and npz ----------------------------------------------------------------------------------------------------------


def _read_npy(stream: BinaryIO, request: Request, max_elements: int) -> Tensor:
    """An array of numbers; its header is believed only as far as the file is long."""
    import numpy as np
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(stream)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read_header is None:
            raise ValueError(f"version {version} of the format is not known")
        shape, fortran, dtype = read_header(stream)
        shape = tuple(map(int, shape))  # the header may say True for 1
    except Exception as error:  # numpy parses the header as Python: what it may raise is open
        raise _unusable(request, f"not a .npy file ({error})") from None
    if dtype.kind not in "biuf" or dtype.hasobject:
        raise _unusable(request, f"it holds {dtype}, not real numbers")
    elements = math.prod(shape)
    if len(shape) > 8 or elements > max_elements or any(size < 0 for size in shape):
        raise ProblemError.of("too-big", f"{shown(request.name)} holds too many numbers", request.place)
    data = stream.read(elements * dtype.itemsize)
    if len(data) < elements * dtype.itemsize:
        raise _unusable(request, f"it ends early: {elements} values are announced")
    flat = np.frombuffer(data, dtype=dtype)
    with np.errstate(over="ignore"):  # a long double may be too large; it is refused below as infinite
        return flat.reshape(shape, order="F" if fortran else "C").astype(np.float64, order="C")


def _read_npz(stream: BinaryIO, request: Request, max_elements: int) -> Tensor:
    """One array of an archive: the one that `key:` names, or the only one."""
    import zipfile

    try:
        with zipfile.ZipFile(stream) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            member = archive.infolist()[names.index(_chosen_array(names, request))]
            if member.file_size > MAX_BYTES:  # no more than this is decompressed, whatever the archive holds
                raise _unusable(request, f"the array has {size_text(member.file_size)}")
            with archive.open(member) as inner:
                return _read_npy(inner, request, max_elements)  # type: ignore[arg-type]
    except ProblemError:
        raise
    except Exception as error:  # zipfile and its decompressors raise a dozen kinds for a broken archive
        raise _unusable(request, f"not a usable .npz file ({error})") from None


# yaml -----------------------------------------------------------------------------------------------------------------


def _read_yaml(path: Path, request: Request) -> tuple[Tensor, int]:
    """A number or a nested list of a YAML file: the one that `key:` names, or the only one.

    The file may hold nothing but numbers and lists where it is read: no other file, nothing random, no label.
    """
    from nnsolve.problem.fields import Context
    from nnsolve.problem.tensors import tensor

    _check_keys(path, request, ("key",))
    size = 0
    if path not in request.documents:
        size = _parse(path, request)
    root, _ = request.documents[path]
    if isinstance(root, ProblemError):
        raise root
    names = [key.text for key, _ in root.entries]
    node = root.get(_chosen_array(names, request))
    if isinstance(node, MapNode) or node is None:
        message = f"{shown(request.key or names[0])} in {shown(request.name)} is no number and no list"
        raise ProblemError.of("wrong-type", message, request.place, "a data file holds the numbers themselves")
    context = Context(root.place.file, root)
    result = tensor(node, context, request.infinite)
    if context.errors:
        raise ProblemError(context.findings)
    return result, size


def _parse(path: Path, request: Request) -> int:
    """Read a YAML file into `documents`; its bytes."""
    room = MAX_YAML_BYTES - sum(size for _, size in request.documents.values())
    with open_regular(path, request.place) as stream:
        try:
            data = stream.read(room + 1)
        except (OSError, MemoryError) as error:
            raise _unusable(request, str(error) or "it does not fit into memory") from None
    if len(data) > room:
        message = f"{shown(request.name)} is too big: YAML data files may have {size_text(MAX_YAML_BYTES)} together"
        raise ProblemError.of("too-big", message, request.place, "put large tensors into a .npy or .npz file")
    file = str(request.folder / request.name)
    found: MapNode | ProblemError
    try:
        root, findings = parse_yaml(decoded(data, file), file, max_nodes=MAX_YAML_VALUES)
        if findings or root is None:
            raise ProblemError(findings)
        if not isinstance(root, MapNode) or not root.entries:
            raise _unusable(request, "a data file has names and values: W1: [[1, 2], [3, 4]]", root.place)
        found = root
    except ProblemError as error:
        found = error
    request.documents[path] = found, len(data)
    return len(data)


def _chosen_array(names: list[str], request: Request) -> str:
    """The array that `key:` names, else the only one; raises `ProblemError` where there is none or several."""
    if request.key is None and len(names) == 1:
        return names[0]
    if request.key is None:
        message = f"{shown(request.name)} holds {len(names)} arrays"
        some = ", ".join(shown(n) for n in names[:10])
        raise ProblemError.of("missing-key", message, request.place, f"add key: with one of {some}")
    if request.key not in names:
        message = f"{shown(request.name)} has no array {shown(request.key)}"
        help = did_you_mean(request.key, [n[:100] for n in names[:100]])
        help = help or f"it has {', '.join(shown(n) for n in names[:10])}"
        raise ProblemError.of("unknown-array", message, request.keys.get("key", request.place), help)
    return request.key


_KINDS: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    ".csv": (_read_csv, ("header", "columns")),
    ".npy": (_read_npy, ()),
    ".npz": (_read_npz, ("key",)),
}
