"""An expected file may say that it is the same as another, and then it is."""

import pytest

from harness.bed.check import expected
from harness.bed.decode.xfrm import DumpError
from harness.bed_tests import samples
from harness.lint import goldens

ONE, OTHER = "# carol state\n# carol policy\n", "# carol state\n# carol policy\nx\n"


@pytest.fixture
def root(tmp_path):
    for name, text in {"coa-change/carol.a": ONE, "coa-change/carol.b": OTHER,
                       "bindings/carol.a": ONE, "bindings/carol.b": ONE}.items():
        path = tmp_path / f"expected/{name}.xfrm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "expected"


def at(root, name):
    return root / f"{name}.xfrm"


def meanings(root) -> dict[str, str]:
    return {expected.name(path): expected.text(path) for path in root.glob("*/*.xfrm")}


@pytest.mark.req("T-706")
def test_what_is_the_same_is_written_once_and_means_the_same(root):
    before = meanings(root)
    assert [expected.name(path) for path in expected.fold(root)] == [
        "bindings/carol.a", "bindings/carol.b"]
    assert at(root, "bindings/carol.a").read_text() == "same as coa-change/carol.a\n"
    assert meanings(root) == before
    assert expected.fold(root) == []


@pytest.mark.req("T-706")
@pytest.mark.parametrize("change", ["put", "remove"])
def test_a_file_that_others_name_can_change_without_them(root, change):
    expected.fold(root)
    before = meanings(root)
    path = at(root, "coa-change/carol.a")
    if change == "put":
        assert expected.put(path, OTHER)
        assert meanings(root) == before | {"coa-change/carol.a": OTHER}
    else:
        expected.remove(path)
        del before["coa-change/carol.a"]
        assert meanings(root) == before
    assert at(root, "bindings/carol.a").read_text() == ONE
    assert at(root, "bindings/carol.b").read_text() == "same as bindings/carol.a\n"
    expected.fold(root)
    assert meanings(root) == before | ({"coa-change/carol.a": OTHER} if change == "put" else {})


def test_putting_what_a_file_means_already_leaves_its_short_form(root):
    expected.fold(root)
    path = at(root, "bindings/carol.a")
    assert not expected.put(path, ONE)
    assert path.read_text().startswith("same as ")
    assert expected.put(path, OTHER) and path.read_text() == OTHER


def test_of_two_wholes_that_become_the_same_the_one_that_others_name_stays(root):
    expected.fold(root)
    path = root / "aaa/carol.a.xfrm"
    path.parent.mkdir()
    path.write_text(ONE)
    expected.fold(root)
    assert path.read_text() == "same as coa-change/carol.a\n"


@pytest.mark.parametrize("written, sentence", [
    ("same as coa-change/carol.z\n", "there is no expected dump coa-change/carol.z"),
    ("same as bindings/carol.b\n", "bindings/carol.b is no whole dump, it is 'same as coa-change"),
    ("same as ../../etc/passwd\n", "there is no expected dump"),
])
def test_a_name_that_leads_nowhere_is_a_sentence(root, written, sentence):
    expected.fold(root)
    at(root, "bindings/carol.a").write_text(written)
    with pytest.raises(DumpError, match=sentence):
        expected.text(at(root, "bindings/carol.a"))


def test_lint_asks_for_the_short_form_and_follows_it(root):
    for name in ("coa-change", "bindings"):
        (root.parent / f"scenarios/{name}").mkdir(parents=True)
    at(root, "coa-change/carol.b").unlink()
    said = [str(fault) for fault in goldens.check(root.parent)]
    assert said == [
        f"expected/bindings/carol.{name}.xfrm: say 'same as coa-change/carol.a' instead, "
        "./run-tests.sh --bless writes it so" for name in "ab"]
    expected.fold(root)
    assert list(goldens.check(root.parent)) == []
    at(root, "bindings/carol.b").write_text("same as coa-change/carol.z\n")
    assert "there is no expected dump" in str(next(goldens.check(root.parent)))


def test_every_expected_file_of_ours_is_written_once():
    assert expected.folded(samples.TOP / "expected") == {}
