"""YAML -> nodes: places, what is refused and where, and that nothing a file holds takes long or ends in a traceback."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.problem import reader
from nnsolve.problem.reader import ListNode, MapNode, Node, ScalarNode, parse_yaml, read_yaml_findings


def node_of(text: str) -> Node:
    node, findings = parse_yaml(text, "f.yaml")
    assert not findings
    assert node is not None
    return node


def only_error(text: str) -> Diagnostic:
    _, findings = parse_yaml(text, "f.yaml")
    assert len(findings) == 1, findings
    return findings[0]


def plain(node: Node) -> object:
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def test_places_count_lines_and_columns_from_one() -> None:
    node = node_of("title: x\nask:\n  - dL/dW2\n  - 'a2[1]'\n")
    assert isinstance(node, MapNode)
    ask = node.get("ask")
    assert isinstance(ask, ListNode)
    first, second = ask.items
    assert str(first.place) == "f.yaml:3:5"
    assert isinstance(second, ScalarNode)
    assert str(second.place) == "f.yaml:4:5"
    assert str(second.text_place) == "f.yaml:4:6"
    assert not second.plain
    assert str(node.entries[1][0].place) == "f.yaml:2:1"


def test_columns_count_characters_not_bytes() -> None:
    node = node_of("{η: ŷ, b: 1}")
    assert isinstance(node, MapNode)
    assert node.entries[1][0].place.column == 8


def test_a_plain_scalar_is_told_from_a_quoted_one() -> None:
    node = node_of("[1, '1', \"1\"]")
    assert isinstance(node, ListNode)
    assert [item.plain for item in node.items if isinstance(item, ScalarNode)] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "code", "place", "help"),
    [
        ("{of: a2[1]}", "unquoted", "1:6", '{of: "a2[1]"}'),
        ("[a2[1], b]", "unquoted", "1:2", '"a2[1]"'),
        ("{of: dL/dW1[1,2]}", "unquoted", "1:6", '{of: "dL/dW1[1,2]"}'),
        ("- {id: x, of: W1@1 - W1[1]}", "unquoted", "1:15", '{of: "W1@1 - W1[1]"}'),
        ("ask: [h_{t-1}]", "unquoted", "1:7", '"h_{t-1}"'),
        ("{of: W[:, 1]}", "unquoted", "1:6", '"W[:, 1]"'),
        ("{of: f(x, y), b: 1}", "unquoted", "1:6", '{of: "f(x, y)"}'),
        ("{a: @b}", "syntax", "1:5", '"@b"'),
        ("a:\n\t- x", "tab", "2:1", "spaces"),
        ("a:\n  b: 1\n\tc: 2", "tab", "3:1", "spaces"),
        ("title: x\nsteps:3\nask: 1", "missing-space", "2:1", "steps: 3"),
        ("{a:1, b: 2}", "missing-space", "1:2", "a: 1"),
        ("a: [1, 2\nb: 3\n", "unclosed", "1:4", "]"),
        ("a: {b: 1\nc: 2", "unclosed", "1:4", "}"),
        ("x: [1, 2]]", "syntax", "1:10", "opening"),
        ("x: {a: 1]}", "syntax", "1:9", "}"),
        ("a: 'x\nb: 2", "unclosed", "1:4", "quote"),
        ('a: "\\sigma"', "syntax", "1:5", "single quotes"),
        ("a: b: c", "syntax", "1:5", "quote"),
        ("a: 1\n b: 2", "indentation", "2:3", "column"),
        ("a:\n  - x\n  y: 1", "indentation", "3:3", "column"),
        ("[1,,2]", "syntax", "1:4", "comma"),
        ('x: "a" b', "syntax", "1:8", "quote"),
        ("a: *b", "alias", "1:4", "quote"),
        ("a: &b 1", "anchor", "1:4", "delete"),
        ("a: !!python/object:os.system 1", "tag", "1:4", "delete"),
        ("a: 1\nb: 2\na: 3", "duplicate-key", "3:1", "keep one"),
        ("a: 1\n---\nb: 1", "several-documents", "2:1", "---"),
        ("<<: {a: 1}", "merge-key", "1:1", "write"),
        ("? [a]\n: b", "complex-key", "1:3", "quote"),
        ("%TAG ! x\n---\na: 1", "directive", "1:1", "delete"),
        ('a: "\\x1b[2J"', "control-character", "1:4", "delete"),
        ("", "empty-file", "", ""),
        ("# nothing\n", "empty-file", "", ""),
    ],
)
def test_errors_name_their_place_and_what_to_do(text: str, code: str, place: str, help: str) -> None:
    error = only_error(text)
    assert error.code == code
    assert str(error.place) == ("f.yaml:" + place if place else "f.yaml")
    assert help in (error.help or "")


@pytest.mark.parametrize(
    "text", ["{of: 'a2[1]'}", "- a2[1]", "of: f(x, y)", "{of: 'f(x, y)'}", "{a: 1, b: 2}", "a: x:y"]
)
def test_what_only_looks_like_an_accident_is_read(text: str) -> None:
    node_of(text)


def test_all_errors_are_reported_at_once() -> None:
    _, findings = parse_yaml("a: &x 1\nb: *x\nb: !t 2\n{c: 3}: 4\n", "f.yaml")
    assert [f.code for f in findings] == ["anchor", "alias", "tag", "complex-key", "duplicate-key"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 1_000_000, "too-deep"),
        ("{a: " * 250_000, "too-deep"),
        ("- " * 500_000, "too-deep"),
        ("{" * 1_000_000, "complex-key"),
        ("? " * 500_000, "complex-key"),
        ("a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*b{i}, *b{i}]\n" for i in range(30_000)), "anchor"),
        ("".join(f"%TAG !a{i}! b\n" for i in range(50_000)), "directive"),
        ("a: 1\n...\n" + "".join(f"%TAG !a{i}! b\n" for i in range(50_000)), "directive"),
        ("[" + "f(a, b), " * 100_000 + "]", "unquoted"),
        ("[" + "x" * 1_000_000 + "[1]]", "unquoted"),
        ("a:" * 500_000, "indentation"),
        ("a: 1\n" * 300_000, "too-many-values"),
        ("\n" * 2_000_000, "empty-file"),
    ],
)
def test_hostile_files_end_soon(text: str, code: str) -> None:
    start = time.process_time()
    _, findings = parse_yaml(text, "f.yaml")
    assert time.process_time() - start < 2
    assert findings[0].code == code
    assert len(findings) <= reader.MAX_ERRORS + 1
    assert all(len(str(finding)) < 1000 for finding in findings)


def test_a_list_within_the_depth_is_read() -> None:
    node_of("[" * 50 + "]" * 50)
    assert only_error("[" * 51 + "]" * 51).code == "too-deep"


# files ----------------------------------------------------------------------------------------------------------------


def file_error(path: str | Path, **limits: int) -> Diagnostic:
    node, (finding,) = read_yaml_findings(path, **limits)
    assert node is None
    return finding


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    node, findings = read_yaml_findings(path)
    assert node is not None and not findings
    assert plain(node) == {"a": "1"}
    assert node.place.column == 1


@pytest.mark.parametrize(
    ("data", "code", "place", "part"),
    [
        (b"a: 1\nb: \xff", "not-utf8", ":2:4", "0xff at offset 8"),
        ("a: 1".encode("utf-16"), "not-utf8", ":1:1", "UTF-16"),
        (b"a: 1\nb: \x1b[2J", "control-character", ":2:4", "\\x1b"),
        (b"a: \x00", "control-character", ":1:4", "\\x00"),
        ("a: b\ufeffc".encode(), "control-character", ":1:5", "ufeff"),
        (b"", "empty-file", "", ""),
    ],
)
def test_what_is_not_text_is_refused_with_its_place(
    tmp_path: Path, data: bytes, code: str, place: str, part: str
) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(data)
    error = file_error(path)
    assert error.code == code
    assert str(error.place) == f"{path}{place}"
    assert part in str(error)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    assert file_error(tmp_path / "missing.yaml").code == "file-not-found"
    assert file_error(tmp_path).code == "not-a-file"
    assert file_error("/dev/zero").code == "not-a-file"
    assert file_error("a\0b").code == "file-unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert file_error(tmp_path / "pipe").code == "not-a-file"
    assert "\x1b" not in str(file_error(tmp_path / "\x1b[2J").message)


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    with path.open("wb") as file:
        file.truncate(10 << 30)  # sparse: 10 GB of zeros
    start = time.process_time()
    assert file_error(path).code == "too-big"
    assert time.process_time() - start < 1
    path.write_bytes(b"a: 1")
    assert file_error(path, max_bytes=3).code == "too-big"
    node, findings = read_yaml_findings(path, max_bytes=4)
    assert node is not None and not findings
    assert plain(node) == {"a": "1"}


# any text -------------------------------------------------------------------------------------------------------------

VALID = """\
title: Test   # comment
conventions: {weights: rows, samples: columns}
layers:
  - dense: {W: [[1, -1], [0, 2]], b: "x"}
text: |
  some
  text
"""

json_values = st.recursive(
    st.text(
        st.characters(
            codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"
        )
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
@settings(max_examples=150, deadline=None)
def test_a_json_value_comes_back(value: object) -> None:
    assert plain(node_of(json.dumps(value, ensure_ascii=False))) == value
    block = yaml.safe_dump(value, allow_unicode=True)
    assert plain(node_of(block.removesuffix("\n...\n"))) == plain(node_of(json.dumps(value, ensure_ascii=False)))


@given(st.text(st.sampled_from("ab01:-[]{},'\"|>?&*!%@# \n\t\\()"), max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_with_places(text: str) -> None:
    node, findings = parse_yaml(text, "f.yaml")
    assert node is not None or findings
    for finding in findings:
        assert finding.message
        assert finding.place is not None


@given(st.integers(0, len(VALID)), st.sampled_from("[]{}:,'\"\t\n&*!-# "), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_never_ends_in_a_traceback(at: int, character: str, cut: bool) -> None:
    parse_yaml(VALID[:at] if cut else VALID[:at] + character + VALID[at:], "f.yaml")


@given(st.text(st.sampled_from("ab01:-[]{},'\"|>?&*!%@# \n\t"), max_size=40))
@settings(max_examples=150, deadline=None)
def test_the_parser_in_python_reads_what_libyaml_reads(text: str) -> None:
    node, findings = parse_yaml(text, "f.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_events", yaml.Loader)
        other, other_findings = parse_yaml(text, "f.yaml")
    if node is not None and other is not None and not findings and not other_findings:
        assert plain(node) == plain(other)
