"""The page of a run: whole in one file, opens at the first differing fact, quick with many."""

import json
import re
import shutil
import time
from html.parser import HTMLParser

import pytest

from harness.bed.report import artefacts, html
from harness.bed_tests import samples
from harness.bed_tests.run_sample import NEW, OLD, RUN
from harness.bench.page import AIM_OPEN_S, ATTEMPTS, BROWSER, browse, opened

TITLES = {"coa-change": "carol moves; the SAs follow.", "revoked": "nothing <comes> up."}
SENTENCE = f"moved: carol state esp spi:carol.tunnel.to-ha#1: outer source {NEW}, expected {OLD}"
MANY = 100
SHOT = samples.TOP / "build/results/page.png"
VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One finished scenario with all its artefacts and expectations."""
    folder = tmp_path_factory.mktemp("finished") / "coa-change"
    shutil.copytree(RUN, folder)
    artefacts.make(folder)
    for dump in folder.glob("*.xfrm"):
        (folder / f"{dump.name}.expected").write_text(dump.read_text())
    return folder


class Run:
    """A folder of results with outcomes, as the front door leaves it."""

    def __init__(self, folder, finished) -> None:
        self.folder = folder / "20261125-190000-1"
        self.folder.mkdir()
        self.finished = finished
        self.rows: list[dict] = []

    def add(self, name: str, outcome: str = "passed", sentence: str = "", expected=None) -> None:
        where = self.folder / name
        if not expected:
            where.symlink_to(self.finished)
        else:
            shutil.copytree(self.finished, where)
            path = where / "carol.moved.xfrm.expected"
            path.write_text(expected(path.read_text()))
        self.row(f"{name}::test_it", outcome, sentence, f"build/results/{self.folder.name}/{name}")

    def row(self, test: str, outcome: str, sentence: str, results: str) -> None:
        self.rows.append({"test": test, "outcome": outcome, "seconds": 1.5, "sentence": sentence,
                          "reproduce": f"./run-tests.sh {test.partition('::')[0]}",
                          "results": results, "req": []})

    def page(self) -> str:
        text = "".join(json.dumps(row) + "\n" for row in self.rows)
        (self.folder / html.OUTCOMES).write_text(text)
        return html.write(self.folder, TITLES, "./run-tests.sh", 3.0).read_text()


@pytest.fixture
def run(tmp_path, finished) -> Run:
    return Run(tmp_path, finished)


def failing(run: Run) -> str:
    run.add("establishment")
    run.add("coa-change", "failed", SENTENCE, lambda text: text.replace(NEW, OLD, 1))
    return run.page()


class Balance(HTMLParser):
    """Every element that is opened is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        """A leaf of a drawing."""

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_names_are_unique(run):
    reader = Balance()
    reader.feed(failing(run))
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))


def test_nothing_is_fetched_from_elsewhere(run):
    page = re.sub(r'xmlns="[^"]*"', "", failing(run))
    assert not re.search(r'(?:src|href)="(?:https?:)?//|@import|url\(', page)


def test_a_failure_stands_first_with_its_sentence_and_its_command(run):
    head, _, rest = failing(run).partition('id="scenarios"')
    assert SENTENCE in head and "./run-tests.sh coa-change" in head
    assert '<details class="scenario" id="coa-change" data-outcome="failed" open>' in rest
    assert 'id="establishment" data-outcome="passed">' in rest


def test_it_opens_at_the_first_line_that_differs(run):
    row = re.search(r'<tr [^>]*id="first-difference"[^>]*>.*?</tr>', failing(run))[0]
    assert f"<mark>{OLD}</mark>" in row and f"<mark>{NEW}</mark>" in row


def test_a_failure_without_a_dump_opens_at_its_sentence(run):
    run.row("revoked::test_it", "failed", "the guest ended without a result", "build/results/"
            + run.folder.name + "/revoked")
    assert re.search(r'<p class="failed" id="first-difference"[^>]*>the guest ended', run.page())


def test_a_run_that_was_killed_in_the_middle_of_a_line_has_its_page(run):
    run.add("coa-change", "failed", "the run was not over after 150 s", lambda text: text)
    events = run.folder / "coa-change/events.jsonl"
    data = events.read_bytes()
    events.write_bytes(data[:len(data) - 40])
    assert artefacts.make(run.folder / "coa-change") == []
    assert "Checkpoint moved" in run.page()


def test_a_failure_between_checkpoints_opens_at_its_sentence(run):
    run.add("coa-change", "failed", "3 IKE messages since established")
    assert re.search(r'<p class="failed" id="first-difference"[^>]*>3 IKE messages', run.page())


def test_checkpoints_have_dump_delta_and_verdict(run):
    page = failing(run)
    assert "Checkpoint moved" in page and "as expected" in page and "differs" in page
    assert "SPI and keys kept" in page
    assert "lines as expected" in page


def test_story_ladder_time_line_logs_and_captures_are_there(run):
    page = failing(run)
    for words in (f"carol# ip addr add {NEW}/128 dev eth0", '<svg class="ladder"', "Time line",
                  "carol.iked.log", 'href="coa-change/capture.pcapng"', "coa-change/open.sh"):
        assert words in page


def test_what_scenarios_say_is_text_and_never_markup(run):
    run.add("revoked", "failed", "<script>alert(1)</script>")
    page = run.page()
    assert "<script>alert(1)" not in page and "nothing &lt;comes&gt; up." in page


def test_tests_of_the_host_are_counted_and_their_failures_named(run):
    run.add("coa-change")
    run.row("lint", "failed", "a.c:1: too long", "")
    run.row("unit.base", "passed", "", "")
    page = run.page()
    assert "1 of 2</b> tests on the host" in page and "a.c:1: too long" in page


def test_an_empty_run_has_a_page(run):
    assert "no of 0 scenarios failed" in run.page()


def test_a_hundred_scenarios_are_written_in_little_time(run):
    for number in range(MANY):
        run.add(f"scenario-{number}")
    start = time.monotonic()
    page = run.page()
    assert time.monotonic() - start < 20
    assert page.count('<details class="scenario"') == MANY


needs_chromium = pytest.mark.skipif(not shutil.which(BROWSER), reason="chromium is missing")


@needs_chromium
def test_a_browser_shows_it_and_the_picture_is_kept(run):
    failing(run)
    SHOT.parent.mkdir(parents=True, exist_ok=True)
    browse(f"--screenshot={SHOT}", "--window-size=1280,2000",
           (run.folder / html.PAGE).as_uri())
    assert SHOT.read_bytes().startswith(b"\x89PNG") and SHOT.stat().st_size > 50_000


PRESS = """<script>addEventListener("load", () => {
const seen = [];
const look = () => {
    const here = document.activeElement;
    seen.push(here.id || here.parentElement.id + (here.parentElement.open ? " open" : ""));
};
look();
for (const key of "%s") {
    document.dispatchEvent(new KeyboardEvent("keydown", {key: key, bubbles: true}));
    look();
}
document.body.textContent = "seen: " + seen.join(", ") + ".";
});</script>"""
# Keys one after the other, and where each leads.
KEYS = (("t", "scenarios"), ("j", "establishment"), ("o", "establishment open"),
        ("j", "coa-change open"), ("j", "coa-change open"), ("k", "establishment open"),
        ("n", "coa-change open"), ("k", "establishment open"), ("f", "first-difference"))


@needs_chromium
def test_it_opens_at_the_difference_and_the_keyboard_goes_from_scenario_to_scenario(run):
    path = run.folder / "keys.html"
    pressed = PRESS % "".join(key for key, _ in KEYS)
    path.write_text(failing(run).replace("</html>", pressed + "</html>"))
    seen = re.search(r"seen: (.*?)\.", browse("--dump-dom", path.as_uri()))
    assert seen[1].split(", ") == ["first-difference", *(where for _, where in KEYS)]


@needs_chromium
def test_a_browser_opens_a_hundred_scenarios_in_two_seconds(run):
    """A busy machine gets several attempts."""
    for number in range(MANY):
        run.add(f"scenario-{number}")
    run.page()
    assert any(opened(run.folder / html.PAGE) < AIM_OPEN_S
               for _ in range(ATTEMPTS))


WHERE = """<script>addEventListener("load", () => setTimeout(() => {
const row = document.getElementById("first-difference").getBoundingClientRect();
document.body.textContent = "seen: " + Math.round(100 * row.top / innerHeight) + ".";
}));</script>"""


@needs_chromium
def test_the_first_difference_stands_in_the_middle_of_the_window(run):
    path = run.folder / "where.html"
    path.write_text(failing(run).replace("</html>", WHERE + "</html>"))
    seen = browse("--dump-dom", "--window-size=1280,800", path.as_uri())
    assert 40 < int(re.search(r"seen: (-?\d+)\.", seen)[1]) < 60
