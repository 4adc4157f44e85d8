"""Values: numbers of the YAML 1.2 core schema, constant expressions, tensors, random values, data files, classes."""

from __future__ import annotations

import io
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.problem import datafiles
from nnsolve.problem.fields import Context
from nnsolve.problem.model import Value
from nnsolve.problem.reader import ListNode, MapNode, parse_yaml
from nnsolve.problem.values import Settings, read_value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each of many examples takes the place of the one before."""
    return tmp_path_factory.mktemp("examples")


Tensor = NDArray[Any]


def parsed(text: str) -> MapNode:
    root, findings = parse_yaml(text, "p.yaml")
    assert isinstance(root, MapNode) and not findings, findings
    return root


def read(
    text: str, folder: Path | str = "", *, seed: int | None = None, count_from: int | None = None, **allowed: bool
) -> tuple[Value | None, list[Diagnostic]]:
    """The value written behind `v: `, and the findings."""
    root = parsed(f"v: {text}")
    context = Context(f"{folder}/p.yaml" if folder else "p.yaml", root)
    settings = Settings(seed, count_from)
    value = read_value(root.entries[0][1], context, settings, **allowed)
    assert (value is None) == any(f.severity == "error" for f in context.findings)
    return value, context.findings


def array(text: str, folder: Path | str = "", *, count_from: int | None = None, **allowed: bool) -> Tensor:
    value, findings = read(text, folder, count_from=count_from, **allowed)
    assert value is not None and value.array is not None, findings
    return value.array


def error(text: str, folder: Path | str = "", *, count_from: int | None = None, **allowed: bool) -> Diagnostic:
    _, findings = read(text, folder, count_from=count_from, **allowed)
    assert len(findings) == 1, findings
    return findings[0]


# numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-2.5", -2.5),
        ("+.5", 0.5),
        ("1.", 1),
        ("1e-3", 0.001),  # a string for YAML 1.1
        ("1E+2", 100),
        ("010", 10),  # eight for YAML 1.1
        ("0o10", 8),
        ("0x1F", 31),
        ("1/3", 1 / 3),
        ("sqrt(2)", math.sqrt(2)),
        ("-pi/2", -math.pi / 2),
        ("2*exp(1)", 2 * math.e),
        ("'ln(e)'", 1),
        ("2^-3^2", 2.0**-9),
        ("-2^2", -4),
        ("(1 + 2) * 3 - 4/5", 8.2),
        ("1/3 + 1/3 + 1/3", 1),
        ("log2(8) + log10(100) + ln(1) + abs(-3)", 8),
        ("sin(pi/2) + cos(0)", 2),
        ("'5'", 5),
    ],
)
def test_numbers(text: str, value: float) -> None:
    found = array(text)
    assert found.shape == ()
    assert found.dtype == np.float64
    assert float(found) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("1:30", "not-a-number", ""),  # 90 for YAML 1.1
        ("no", "not-a-number", ""),
        ("yes", "not-a-number", ""),
        ("true", "wrong-type", "1 or 0"),
        ("", "wrong-type", ""),
        ("null", "wrong-type", ""),
        ("1_000", "not-a-number", "write 1000"),
        ("6,08", "not-a-number", "write 6.08"),
        ("−2", "not-a-number", "write -2"),
        ("٣", "not-a-number", "0 to 9"),
        (".nan", "not-a-number", ""),
        ("NaN", "not-a-number", ""),
        (".inf", "not-finite", "constants"),
        ("-inf", "not-finite", "constants"),
        ("1e999", "not-finite", ""),
        ("0x" + "f" * 300, "not-finite", ""),
        ("9**9**9", "not-finite", ""),
        ("exp(1000)", "not-finite", ""),
        ("1/0", "not-a-number", ""),
        ("0^-1", "not-a-number", ""),
        ("(-8)^(1/3)", "not-a-number", ""),
        ("sqrt(-1)", "not-a-number", ""),
        ("ln(0)", "not-a-number", ""),
        ("log(2)", "unknown-function", "ln (natural), log2 or log10"),
        ("2 3", "missing-comma", "[2, 3]"),
        ("1 -1", "missing-comma", "a comma is missing: [1, -1]; one number is written 1 - 1"),
        ("2*pi -1/2", "missing-comma", "[2*pi, -1/2]"),
        ("[1 -1]", "missing-comma", "[1, -1]"),
        ("[[3, 4], [1 2]]", "missing-comma", "[1, 2]"),
        ("[2, 1 -1]", "missing-comma", "missing: 1, -1;"),
        ("[0.5; -1]", "not-a-number", "separate items with commas: [0.5, -1]"),
        ("[1 2; 3 -4]", "not-a-number", "separate items with commas: [[1, 2], [3, -4]]"),
        ("[x; 2]", "not-a-number", "separate items with commas"),
        ("'0,5; 1,25'", "not-a-number", "write decimals with a point: [0.5, 1.25]"),
        ("0,5 1,25", "not-a-number", "write decimals with a point: [0.5, 1.25]"),
        ("0.5, 1.25", "not-a-number", "write a list: [0.5, 1.25]"),
        ("(0.5, -1)", "not-a-number", "write a list: [0.5, -1]"),
        ("'np.array([0.5, -1])'", "not-a-number", "write a list: [0.5, -1]"),
        ("'torch.tensor([[1.], [2.]])'", "not-a-number", "write a list: [[1.], [2.]]"),
        ("tanh(1)", "not-a-number", "sqrt"),
        ("x + 1", "not-a-number", "pi"),
        ("__import__('os')", "not-a-number", ""),
        ("(" * 150 + "1" + ")" * 150, "not-a-number", ""),
        ("(" * 5000 + "1" + ")" * 5000, "too-long", ""),
        ("1+" * 500_000 + "1", "too-long", ""),
        ("9" * 5000, "too-long", ""),
    ],
)
def test_what_is_no_number_is_refused(text: str, code: str, help: str) -> None:
    found = error(text)
    assert found.code == code
    assert help in (found.help or "")
    assert len(found.message) < 300


@pytest.mark.parametrize("text", ["[1 - 1]", "[1-1]", "[ 0 ]", "1 - 1/2 - 1/2", "[2 * -1 + 2]", "[-(1 - 1)]"])
def test_a_difference_is_no_forgotten_comma(text: str) -> None:
    assert array(text).item() == 0


def test_a_help_does_not_end_in_a_blank() -> None:
    assert error("{clas: 2}", classes=True).help == "did you mean 'class'?"


def test_classes_in_a_list_are_told_how_several_are_written() -> None:
    assert "{class: [0, 2]}" in (error("[{class: 0}, {class: 2}]", classes=True).help or "")


def test_an_error_inside_an_expression_has_its_column() -> None:
    assert str(error("1 + x").place) == "p.yaml:1:8"
    assert str(error("'1 + x'").place) == "p.yaml:1:9"


def test_infinite_numbers_only_in_constants() -> None:
    assert list(array("[0, -inf, -.inf, .inf, inf]", infinite=True)) == [0, -math.inf, -math.inf, math.inf, math.inf]
    assert error("[0, nan]", infinite=True).code == "not-a-number"
    assert error("1e999", infinite=True).code == "not-finite"


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=100, deadline=None)
def test_every_float_comes_back_exactly(number: float) -> None:
    assert float(array(repr(number))) == number


@given(st.text(st.sampled_from("0123456789+-*/^().,epiqrtsxo_ "), min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_finite_number_or_an_error(text: str) -> None:
    value, findings = read("'" + text + "'")
    assert (value is None) != (not findings)
    if value is not None:
        assert value.array is not None and np.isfinite(value.array)


# tensors --------------------------------------------------------------------------------------------------------------


def test_a_nested_list_keeps_its_shape() -> None:
    assert array("[1, 2, 3]").shape == (3,)
    assert array("[[1, 2, 3]]").shape == (1, 3)
    assert array("[[1], [2]]").shape == (2, 1)
    assert array("\n  - [1, 1/2]\n  - [-2, sqrt(4)]").tolist() == [[1, 0.5], [-2, 2]]


def test_arrays_are_read_only_because_parts_share_them() -> None:
    with pytest.raises(ValueError, match="read-only"):
        array("[1, 2]")[0] = 5


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=4, max_side=4), elements=st.floats(-1e300, 1e300)))
@settings(max_examples=100, deadline=None)
def test_every_tensor_comes_back_exactly(tensor: Tensor) -> None:
    assert np.array_equal(array(repr(tensor.tolist())), tensor)


@pytest.mark.parametrize(
    ("text", "code", "message", "place"),
    [
        ("[[1, 2], [3]]", "ragged", "row 2 has 1 value, but row 1 has 2 values", "1:13"),
        ("[[1, 2], 3]", "ragged", "row 2 is a number, but row 1 has 2 values", "1:13"),
        ("[1, [2]]", "ragged", "row 2 has 1 value, but row 1 is a number", "1:8"),
        ("[[[1]], [[1, 2]]]", "ragged", "row 2 has shape 1x2, but row 1 has shape 1x1", "1:12"),
        ("[]", "empty-list", "empty", "1:4"),
        ("[[1], []]", "empty-list", "empty", "1:10"),
        ("[1, {a: 2}]", "wrong-type", "mapping", "1:8"),
        ("[1, true]", "wrong-type", "boolean", "1:8"),
        ("[[[[[[[[[1]]]]]]]]]", "too-deep", "8 axes", "1:12"),
        ("{a: 1}", "wrong-type", "'a'", "1:4"),
        ("{}", "wrong-type", "no keys", "1:4"),
        ("{class: 2}", "wrong-type", "targets", "1:4"),
        ("{sequences: [1, 2]}", "wrong-type", "lists of time steps", "1:16"),
        ("{sequences: [[1, 2], [1]]}", "ragged", "row 2 has 1 value", "1:25"),
        ("{sequences: [[1, 2]], seed: 1}", "unknown-key", "'seed'", "1:26"),
    ],
)
def test_what_is_no_tensor_is_refused(text: str, code: str, message: str, place: str) -> None:
    found = error(text, sequences=True)
    assert found.code == code
    assert message in found.message
    assert str(found.place) == f"p.yaml:{place}"


def test_several_sequences_are_inputs_or_targets() -> None:
    assert array("{sequences: [[1, 2]]}", sequences=True).shape == (1, 2)
    found = error("{sequences: [[1, 2]]}")  # of a parameter, a constant, a state
    assert (found.code, str(found.place)) == ("wrong-type", "p.yaml:1:4")
    assert "inputs: and targets:" in found.message
    assert error("{sequences: {sequences: [[1, 2]]}}", sequences=True).code == "wrong-type"


def test_a_misspelt_kind_of_value_is_named() -> None:
    assert "did you mean 'sequences'?" in str(error("{sequence: [[1, 2]]}", sequences=True).help)
    assert "sequences" not in str(error("{sequence: [[1, 2]]}"))


def test_all_wrong_numbers_of_a_list_are_reported() -> None:
    _, findings = read("[1, x, 1_0, 2]")
    assert [str(f.place) for f in findings] == ["p.yaml:1:8", "p.yaml:1:11"]


def test_a_decimal_comma_in_a_list_is_warned_about() -> None:
    value, findings = read("[6,08]")
    assert value is not None and value.array is not None and value.array.tolist() == [6, 8]
    assert [f.severity for f in findings] == ["warning"]
    assert not read("[6, 0.8, 0]")[1]


# random ---------------------------------------------------------------------------------------------------------------


def test_random_values_are_those_of_numpy() -> None:
    found = array("{random: uniform, low: -1, high: 1, shape: [2, 3], seed: 7}")
    assert np.array_equal(found, np.random.default_rng(7).uniform(-1, 1, (2, 3)))
    found = array("{random: normal, mean: 1, std: 1/2, shape: 3, seed: 7}")
    assert np.array_equal(found, np.random.default_rng(7).normal(1, 0.5, (3,)))
    assert array("{random: normal, mean: 0, std: 1, shape: [], seed: 7}").shape == ()


def test_the_seed_of_the_training_gives_each_value_its_own_stream() -> None:
    root = parsed("\n".join(f"{n}: {{random: uniform, low: 0, high: 1, shape: [2]}}" for n in "abc"))
    context = Context("p.yaml", root)
    # Read backwards: the order of the file counts, not that of reading.
    found = [read_value(node, context, Settings(seed=5)) for _, node in reversed(root.entries)][::-1]
    for index, value in enumerate(found):
        assert value is not None and value.array is not None
        assert np.array_equal(value.array, np.random.default_rng([5, index]).uniform(0, 1, 2))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{random: uniform, low: 0, high: 1, shape: [2]}", "missing-seed"),
        ("{random: uniform, high: 1, shape: [2], seed: 1}", "missing-key"),
        ("{random: uniform, low: 0, high: 1, seed: 1}", "missing-key"),
        ("{random: normal, mean: 0, std: -1, shape: [2], seed: 1}", "out-of-range"),
        ("{random: uniform, low: 2, high: 1, shape: [2], seed: 1}", "out-of-range"),
        ("{random: uniform, low: -1.7e308, high: 1.7e308, shape: [2], seed: 1}", "out-of-range"),
        ("{random: normal, mean: 0, std: 1.7e308, shape: [1000], seed: 1}", "not-finite"),
        ("{random: uniform, low: 0, high: 1, shape: [0], seed: 1}", "out-of-range"),
        ("{random: uniform, low: 0, high: 1, shape: [1.5], seed: 1}", "out-of-range"),
        ("{random: uniform, low: 0, high: 1, shape: [100000, 100000], seed: 1}", "too-big"),
        ("{random: uniform, low: 0, high: 1, shape: [2], seed: -1}", "out-of-range"),
        ("{random: uniform, low: 0, high: 1, shape: [2], sead: 1, seed: 1}", "unknown-key"),
        ("{random: gauss, low: 0, high: 1, shape: [2], seed: 1}", "unknown-choice"),
    ],
)
def test_what_is_missing_or_wrong_of_a_random_value(text: str, code: str) -> None:
    assert error(text).code == code


# classes --------------------------------------------------------------------------------------------------------------


def test_class_labels() -> None:
    value, _ = read("{class: 2}", count_from=1, classes=True)
    assert value is not None and value == Value(value.place, None, (2,), False, None)
    value, _ = read("{class: [4, 2, 3], of: 4}", count_from=1, classes=True)
    assert value is not None
    assert (value.classes, value.batch, value.count) == ((4, 2, 3), True, 4)


@pytest.mark.parametrize(
    ("text", "count_from", "code"),
    [
        ("{class: 2}", None, "missing-convention"),
        ("{class: 0}", 1, "out-of-range"),
        ("{class: [1, 4], of: 4}", 0, "out-of-range"),
        ("{class: 5, of: 4}", 1, "out-of-range"),
        ("{class: 1.5}", 1, "out-of-range"),
        ("{class: -1}", 0, "out-of-range"),
        ("{class: []}", 0, "empty-list"),
        ("{class: [[1], 2]}", 0, "wrong-type"),
        ("{class: [[1, 2], [1]]}", 0, "ragged"),
        ("{class: [[[1]]]}", 0, "wrong-type"),
        ("{class: two}", 0, "not-a-number"),
        ("{class: 1, of: x}", 0, "not-a-number"),
        ("{class: 1, off: 4}", 0, "unknown-key"),
    ],
)
def test_wrong_class_labels(text: str, count_from: int | None, code: str) -> None:
    assert error(text, count_from=count_from, classes=True).code == code


# data files -----------------------------------------------------------------------------------------------------------


def test_a_csv_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_bytes(b"\xef\xbb\xbf1, -2.5\r\n3e1,4\r\n\r\n")
    assert array("{file: d.csv}", tmp_path).tolist() == [[1, -2.5], [30, 4]]
    (tmp_path / "h.csv").write_text("a, b ,c\n1,x,3\n4,y,6\n")
    assert array("{file: h.csv, header: true, columns: [c, a]}", tmp_path).tolist() == [[3, 1], [6, 4]]
    assert array("{file: h.csv, header: true, columns: 3}", tmp_path, count_from=1).tolist() == [[3], [6]]
    assert error("{file: h.csv, header: true, columns: 3}", tmp_path).code == "missing-convention"
    assert error("{file: h.csv, header: true, columns: d}", tmp_path).code == "unknown-column"
    assert error("{file: h.csv, columns: a}", tmp_path).code == "missing-key"
    assert error("{file: h.csv, header: true, columns: 3}", tmp_path, count_from=0).code == "out-of-range"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"1,2\n3,x\n", "d.csv:2, value 2: 'x' is not a number"),
        (b"1,2\n\n3\n", "d.csv:3: the line has 1 values, but line 1 has 2"),
        (b"1,2\n3,\n", "d.csv:2, value 2: the value is missing"),
        (b"1,nan\n", "d.csv:1, value 2: 'nan'"),
        (b"1,1e999\n", "d.csv:1, value 2"),
        (b"1,inf\n", "d.csv:1, value 2"),
        (b"1,1_0\n", "d.csv:1, value 2"),
        ("1,٣\n".encode(), "d.csv:1, value 2"),
        (b"1;2\n", "semicolons"),
        (b"a,b\n1,2\n", "header: true"),
        (b"1,\xff\n", "d.csv:1: the line is not UTF-8"),
        (b"", "no numbers"),
        (b"1,\x00\n", "d.csv:1"),
        (b'"' + b"1" * 200_000 + b'"\n', "d.csv:1"),
        (b"1" * 5000, "d.csv:1"),
    ],
)
def test_a_broken_csv_file_is_named_with_its_line(tmp_path: Path, data: bytes, where: str) -> None:
    (tmp_path / "d.csv").write_bytes(data)
    assert where in str(error("{file: d.csv}", tmp_path))


def test_npy_and_npz_files(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.asfortranarray([[1, 2], [3, 4]]))
    assert array("{file: f.npy}", tmp_path).tolist() == [[1, 2], [3, 4]]
    np.savez_compressed(tmp_path / "z.npz", a=np.array([1.5], np.float32), b=np.array([True, False]))
    assert array("{file: z.npz, key: a}", tmp_path).tolist() == [1.5]
    assert array("{file: z.npz, key: b}", tmp_path).tolist() == [1, 0]
    assert error("{file: z.npz}", tmp_path).code == "missing-key"
    assert error("{file: z.npz, key: c}", tmp_path).code == "unknown-array"
    assert error("{file: f.npy, key: c}", tmp_path).code == "unknown-key"
    assert error("{file: f.npy, header: true}", tmp_path).code == "unknown-key"


@pytest.mark.parametrize(
    "tensor", [np.array([1, None]), np.array(["a"]), np.array([1j]), np.array([]), np.array([(1, 2)], "i4,i4")]
)
def test_what_an_npy_file_may_not_hold(tmp_path: Path, tensor: Tensor) -> None:
    np.save(tmp_path / "f.npy", tensor)
    assert error("{file: f.npy}", tmp_path).code == "file-unusable"


def test_nan_in_an_npy_file_is_named_with_its_row(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.array([[1, 2], [3, np.nan]]))
    assert "row 2, column 2" in error("{file: f.npy}", tmp_path).message
    np.save(tmp_path / "f.npy", np.array([1, -np.inf]))
    assert "row 2" in error("{file: f.npy}", tmp_path).message
    assert array("{file: f.npy}", tmp_path, infinite=True)[1] == -np.inf


def header(shape: str, dtype: str = "<f8") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY\x01\x00",
        header("(1000,)") + b"12345678",
        header("(1000000000000,)"),
        header("(-1,)"),
        header("(True, 2)"),
        header("(2**99999,)"),
        header("(" * 3000),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\x00",
    ],
)
def test_a_lying_npy_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "f.npy").write_bytes(data)
    assert error("{file: f.npy}", tmp_path).code in ("file-unusable", "too-big")
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        archive.writestr("a.npy", data)
    assert error("{file: z.npz}", tmp_path).code in ("file-unusable", "too-big")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as file:
        file.write(header("(40000000,)"))
        for _ in range(320):
            file.write(bytes(1_000_000))
    assert (tmp_path / "z.npz").stat().st_size < 1_000_000
    assert error("{file: z.npz}", tmp_path).code == "file-unusable"


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_archive_never_ends_in_a_traceback(folder: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.arange(20.0))
    raw = bytearray(buffer.getvalue())
    for _ in range(3):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (folder / "z.npz").write_bytes(raw)
    read("{file: z.npz}", folder)


def test_a_yaml_file_with_values(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("# after 3 updates\nW1: [[0.1, -1e-05], [1/3, 4]]\nb1: [1, 2]\nt: 7\nname: xor\n")
    assert array("{file: t.yaml, key: W1}", tmp_path).tolist() == [[0.1, -1e-05], [1 / 3, 4]]
    assert array("{file: t.yaml, key: b1}", tmp_path).tolist() == [1, 2]
    assert array("{file: t.yaml, key: t}", tmp_path).shape == ()
    (tmp_path / "one.yml").write_text("w: [[1]]")
    assert array("{file: one.yml}", tmp_path).tolist() == [[1]]
    assert error("{file: t.yaml}", tmp_path).help == "add key: with one of 'W1', 'b1', 't', 'name'"
    assert error("{file: t.yaml, key: W2}", tmp_path).help == "it has 'W1', 'b1', 't', 'name'"
    assert error("{file: t.yaml, key: nam}", tmp_path).help == "did you mean 'name'?"
    assert error("{file: t.yaml, key: W1, header: true}", tmp_path).code == "unknown-key"
    assert str(error("{file: t.yaml, key: name}", tmp_path).place).endswith("t.yaml:5:7")


@settings(max_examples=100)
@given(tensor=hnp.arrays(np.float64, (2, 3), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_of_a_yaml_file_come_back_to_the_last_bit(folder: Path, tensor: Tensor) -> None:
    (folder / "t.yaml").write_text(f"W: {tensor.tolist()}\n")
    assert array("{file: t.yaml}", folder).tobytes() == tensor.tobytes()


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "empty-file", ""),
        (b"[1, 2]", "file-unusable", ":1:1"),
        (b"{}", "file-unusable", ":1:1"),
        (b"W: {file: /etc/passwd}", "wrong-type", ""),  # no chain of files
        (b"W: {random: uniform, low: 0, high: 1, shape: [9999999999]}", "wrong-type", ""),
        (b"W: [[1, 2], [3]]", "ragged", ":1:13"),
        (b"a: 1\nW: [1, {x: 2}]", "wrong-type", ":2:8"),
        (b"W: [1, .nan]", "not-a-number", ":1:8"),
        (b"W: [1, .inf]", "not-finite", ":1:8"),
        (b"W: []", "empty-list", ":1:4"),
        (b"W:", "wrong-type", ":1:3"),
        (b"W: [1, 2", "unclosed", ":1:"),
        (b"W: &a [1]\nV: *a", "anchor", ":1:4"),
        (b"W: !!python/object/apply:os.system [ls]", "tag", ":1:4"),
        (b"W: [1]\nW: [2]", "duplicate-key", ":2:1"),
        (b"W: \xff", "not-utf8", ":1:4"),
        (b"W: [\x1b]", "control-character", ":1:5"),
        (b"W: " + b"[" * 100_000, "too-deep", ":1:"),
        (b"W: [" + b"1," * 600_000 + b"1]", "too-many-values", ":1:"),
        (b"W: [1]\n---\nW: [2]", "several-documents", ":2:1"),
    ],
)
def test_a_hostile_yaml_file_is_refused_with_its_place(tmp_path: Path, data: bytes, code: str, line: str) -> None:
    (tmp_path / "t.yaml").write_bytes(data)
    _, findings = read("{file: t.yaml, key: W}", tmp_path)
    assert findings[0].code == code
    if line:
        assert f"t.yaml{line}" in str(findings[0].place)
    assert all(len(finding.message) < 300 for finding in findings)


def test_a_yaml_file_is_read_once_and_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.yaml").write_text("W: [1, 2]\n")
    (tmp_path / "broken.yaml").write_text("W: [1, 2\n")
    texts: list[str] = []

    def parsing(text: str, *rest: Any, **options: Any) -> Any:
        texts.append(text)
        return parse_yaml(text, *rest, **options)

    monkeypatch.setattr(datafiles, "parse_yaml", parsing)
    for name in ("t.yaml", "broken.yaml"):
        text = "v: [" + ", ".join([f"{{file: {name}, key: W}}"] * 3) + "]"
        root = parsed(text)
        context = Context(f"{tmp_path}/p.yaml", root)
        texts.clear()
        node = root.get("v")
        assert isinstance(node, ListNode)
        values = [read_value(item, context, Settings()) for item in node.items]
        assert len(texts) == 1
        assert [value is not None for value in values] == [name == "t.yaml"] * 3
        assert len(context.findings) == (name != "t.yaml")
        assert context.data_bytes == (10 if name == "t.yaml" else 0)


def test_yaml_files_have_a_limit_of_their_own_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datafiles, "MAX_YAML_BYTES", 30)
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text("W: [1, 2, 3, 4, 5]\n")
    root = parsed("v: [{file: a.yaml}, {file: b.yaml}]")
    context = Context(f"{tmp_path}/p.yaml", root)
    node = root.get("v")
    assert isinstance(node, ListNode)
    first, second = (read_value(item, context, Settings()) for item in node.items)
    assert first is not None and second is None
    assert [finding.code for finding in context.findings] == ["too-big"]


def test_a_yaml_file_of_endless_size_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "d.yaml").open("wb") as file:
        file.truncate(1 << 40)
    assert error("{file: d.yaml}", tmp_path).code == "too-big"


def test_only_files_below_the_folder_are_opened(tmp_path: Path) -> None:
    inside = tmp_path / "problems"
    (inside / "data").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("1\n")
    (inside / "data" / "d.csv").write_text("1\n")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    (inside / "up").symlink_to(tmp_path)
    (inside / "good.csv").symlink_to(inside / "data" / "d.csv")
    (inside / "loop.csv").symlink_to(inside / "loop.csv")
    os.mkfifo(inside / "pipe.csv")
    assert array("{file: data/d.csv}", inside).tolist() == [[1]]
    assert array("{file: good.csv}", inside).tolist() == [[1]]
    (tmp_path / "secret.yaml").write_text("password: 1\n")
    (inside / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    outside = ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "up/secret.csv")
    for name in (*outside, "../secret.yaml", "link.yaml", "up/secret.yaml"):
        assert error(f"{{file: {name}}}", inside).code == "file-outside", name
    assert error("{file: loop.csv}", inside).code in ("file-unusable", "file-unreadable")
    assert error("{file: pipe.csv}", inside).code == "not-a-file"
    assert error("{file: data}", inside).code == "file-kind"
    assert error("{file: none.csv}", inside).code == "file-not-found"
    assert (error("{file: data/d.csv, hedaer: true}", inside).help or "").startswith("did you mean 'header'")


def test_large_files_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "d.csv").open("wb") as file:
        file.truncate(1 << 40)
    assert error("{file: d.csv}", tmp_path).code == "too-big"
