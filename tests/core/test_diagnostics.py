"""Where a finding is."""

from nnsolve.core.diagnostics import Place


def test_a_file_name_cannot_write_lines_of_its_own() -> None:
    place = Place("a\nerror[fake] b.yaml\x1b[2J", 1, 2)
    assert str(place) == r"a\nerror[fake] b.yaml\x1b[2J:1:2"
    assert str(Place("ein Übungsblatt.yaml", 3, 1)) == "ein Übungsblatt.yaml:3:1"
