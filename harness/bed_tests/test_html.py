"""The page of a run: whole in one file, readable by everybody, quick with many."""

import json
import re
import shutil
import subprocess

import pytest

from harness.bed.base import places
from harness.bed.report import artefacts, html, page_facts
from harness.bed_tests import samples
from harness.bed_tests.run_folder import SENTENCE, TITLES, Reader, Run, failing, finish
from harness.bed_tests.run_sample import HA, NEW, OLD
from harness.bench.page import BROWSER, browse

MANY, LARGEST = 100, 200_000
SHOT = places.results(samples.TOP) / "page.png"
FIRST_SAID = '<span class="why failed" id="first-difference"[^>]*>'


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finish(tmp_path_factory.mktemp("finished") / "coa-change")


@pytest.fixture
def run(tmp_path, finished) -> Run:
    return Run(tmp_path, finished)


def test_every_link_on_the_page_leads_somewhere(run):
    reader = Reader(failing(run))
    inside = [a["href"][1:] for a in reader.all("a") if a["href"].startswith("#")]
    assert len(inside) > 30 and set(inside) <= set(reader.ids)
    files = [a["href"] for a in reader.all("a") if not a["href"].startswith("#")]
    assert all((run.folder / name).exists() for name in files)


@pytest.mark.req("T-123")
def test_the_page_is_whole_and_everything_on_it_has_its_name(run):
    reader = Reader(failing(run))
    assert reader.all("th") and reader.all("svg") and reader.all("pre") and reader.all("table")
    assert reader.faults() == []


@pytest.mark.req("T-122")
def test_nothing_is_fetched_from_elsewhere(run):
    page = re.sub(r'xmlns="[^"]*"', "", failing(run))
    assert not re.search(r'(?:src|href)="(?:https?:)?//|@import|url\(', page)


@pytest.mark.req("T-121")
def test_a_failure_stands_first_with_its_sentence_and_its_command(run):
    head, _, rest = failing(run).partition('id="scenarios"')
    assert "To the first differing fact" in head and "1 of 2 scenarios failed" in head
    failed = '<details class="scenario" id="coa-change" data-outcome="failed" open>'
    passed = 'id="establishment" data-outcome="passed">'
    assert -1 < rest.index(failed) < rest.index(SENTENCE) < rest.index(passed)
    assert "./run-tests.sh coa-change" in rest


@pytest.mark.req("T-121")
@pytest.mark.parametrize("sentence, expected", [
    (SENTENCE, lambda text: text.replace(NEW, OLD, 1)),
    ("3 IKE messages since established", None)])
def test_the_failing_sentence_stands_once(run, sentence, expected):
    run.add("establishment")
    run.add("coa-change", "failed", sentence, expected)
    page = run.page()
    assert page.count(sentence) == 1
    assert page.count(sentence.removeprefix("moved: ")) == 1


def test_the_first_line_that_differs_has_an_anchor_and_its_words_are_marked(run):
    row = re.search(r'<tr [^>]*id="first-difference"[^>]*>.*?</tr>', failing(run))[0]
    assert f"<mark>{OLD}</mark>" in row and f"<mark>{NEW}</mark>" in row


def test_of_a_failure_without_a_dump_the_sentence_is_the_first_difference(run):
    run.row("revoked::test_it", "failed", "the guest ended without a result", "build/results/"
            + run.folder.name + "/revoked")
    assert re.search(f"{FIRST_SAID}the guest ended", run.page())


def test_a_run_that_was_killed_in_the_middle_of_a_line_has_its_page(run):
    run.add("coa-change", "failed", "the run was not over after 150 s", lambda text: text)
    events = run.folder / "coa-change/events.jsonl"
    data = events.read_bytes()
    events.write_bytes(data[:len(data) - 40])
    assert artefacts.make(run.folder / "coa-change") == []
    assert "Checkpoint moved" in run.page()


def test_of_a_failure_between_checkpoints_the_sentence_is_the_first_difference(run):
    run.add("coa-change", "failed", "3 IKE messages since established")
    assert re.search(f"{FIRST_SAID}3 IKE messages", run.page())


def test_checkpoints_have_dump_delta_and_verdict(run):
    page = failing(run)
    assert "Checkpoint moved" in page and "as expected" in page and "differs" in page
    assert "SPI and keys kept" in page
    assert "lines as expected" in page


def test_story_ladder_time_line_logs_and_captures_are_there(run):
    page = failing(run)
    for words in (f"carol# ip addr add {NEW}/128 dev eth0", '<div class="ladder"', "Time line",
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


def test_of_a_hundred_scenarios_those_that_passed_are_closed_and_none_is_large(run):
    """How long it takes to open is a figure of the benches; here stands what makes it short."""
    for number in range(MANY):
        run.add(f"scenario-{number}")
    page = run.page()
    assert page.count('<details class="scenario"') == MANY
    assert not re.search('<details class="scenario"[^>]* open', page)
    assert len(page) < MANY * LARGEST
    assert "content-visibility: auto" in page


@pytest.mark.req("T-127")
def test_story_ladder_and_logs_count_from_one_moment(run):
    run.add("coa-change")
    page = run.page()
    command = f"carol# ip addr add {NEW}/128 dev eth0"
    story = re.search(rf'<span class="at">([\d.]+)</span><span><code>{command}', page)[1]
    rung = re.search(rf'<span class="at">([\d.]+)</span><div class="lanes">\s*'
                     rf'<span class="local step[^>]*>{command}', page)[1]
    line = re.search(rf"^ +([\d.]+)  carol    command    {command[7:]}", page, re.MULTILINE)[1]
    assert story == rung and abs(float(line) - float(story)) < 0.001
    log = re.search(r"^ +([\d.]+)  .*received packet: from 2001:1::1", page, re.MULTILINE)[1]
    answer = re.search(r'<span class="at">([\d.]+)</span><div class="lanes">\s*<span class="arrow '
                       r'IKE left"[^>]*><span class="vh">moon to carol', page)[1]
    assert float(log) >= float(answer) - 0.001


@pytest.mark.req("T-128")
def test_a_sentence_on_what_moved_leads_to_its_entry_and_to_its_rung(run):
    run.add("coa-change")
    page = run.page()
    sentence = re.search(r"<li>(carol&#39;s tunnel SA out .*? was moved.*?)</li>", page)[1]
    entry, rung = re.findall(r'href="#([^"]+)"', sentence)
    assert re.search(rf'id="{re.escape(entry)}"[^>]*>src {NEW} dst {HA}\n'
                     r'.*spi:carol.tunnel.to-ha#1', page)
    assert re.search(rf'<li id="{re.escape(rung)}".*?MIGRATE esp tunnel .* to {NEW} -&gt; {HA}',
                     page)


@pytest.mark.req("T-128")
def test_where_carol_is_stands_at_each_checkpoint(run):
    run.add("coa-change")
    maps = re.findall(r'<figure class="map" aria-label="([^"]*)"', run.page())
    assert maps == [f"who is where at {point}: moon on hl with {HA}, carol on f1 with {address}"
                    for point, address in (("established", OLD), ("moved", NEW))]


@pytest.mark.req("T-129")
def test_a_move_is_a_picture_with_the_same_words(run):
    run.add("coa-change")
    figure = re.search(r'<figure class="move">.*?</figure>', run.page(), re.DOTALL)[0]
    assert f"carol moves from {OLD} to {NEW} in" in figure
    assert "no usable tunnel SA for 0.8 ms" in figure and '<rect class="gap"' in figure


@pytest.mark.req("T-130")
@pytest.mark.parametrize("left, said", [
    ({"speed.json": '{"kernel": "7.2.7", "clock": "virtual at rate 1/10"}'},
     "kernel 7.2.7 · clock virtual at rate 1/10"),
    ({"dmesg.txt": "Linux version 6.1.176 (buildd@x)\n"}, "kernel 6.1.176"),
    ({"job.json": '{"clock": "real"}', "speed.json": "{"}, "clock real"), ({}, "")])
def test_kernel_and_clock_of_the_run_are_said(run, left, said):
    run.add("coa-change", expected=lambda text: text)
    for name, text in left.items():
        (run.folder / "coa-change" / name).write_text(text)
    found = re.search(r'<p class="meta">((?:kernel|clock) .*)</p>', run.page())
    assert (found[1] if found else "") == said


@pytest.mark.req("T-130")
@pytest.mark.parametrize("booted, used, said", [
    ("7.2.7", "7.2.7, uml 7.2um1 sha256 f9 of Debian sid\nlibc6 2.43 sha256 5c of Debian sid\n",
     "kernel 7.2.7, uml 7.2um1 sha256 f9 of Debian sid; libc6 2.43 sha256 5c of Debian sid"),
    ("", "6.1.176, installed\n", "kernel 6.1.176, installed"),
    ("7.2.7", "6.1.176, installed\n", "kernel 7.2.7")], ids=["fetched", "died", "another"])
def test_the_package_of_the_kernel_is_said_where_it_ran(run, booted, used, said):
    run.add("coa-change", expected=lambda text: text)
    (run.folder / "coa-change/speed.json").write_text(json.dumps({"kernel": booted}))
    (run.folder / page_facts.USED).write_text(used)
    assert f'<p class="meta">{said}</p>' in run.page()


def test_a_run_that_was_ended_says_so(run):
    run.add("coa-change")
    run.page()
    (run.folder / html.OUTCOMES).rename(run.folder / page_facts.CUT_SHORT)
    page = html.write(run.folder, TITLES, ended="ended by hand").read_text()
    assert '<p class="ended">ended by hand</p>' in page and 'id="coa-change"' in page


needs_chromium = pytest.mark.skipif(not shutil.which(BROWSER), reason="chromium is missing")


@needs_chromium
def test_a_browser_shows_it_and_the_picture_is_kept(run):
    failing(run)
    SHOT.parent.mkdir(parents=True, exist_ok=True)
    browse(f"--screenshot={SHOT}", "--window-size=1280,2000",
           (run.folder / html.PAGE).as_uri())
    assert SHOT.read_bytes().startswith(b"\x89PNG") and SHOT.stat().st_size > 50_000


# One browser for all questions: each has the page in a frame of its own and a script at its end.
ASKED = """<script>
const seen = [];
const say = (what) => seen.push(String(what));
const press = (key, where) => (where || document).dispatchEvent(
    new KeyboardEvent("keydown", {key: key, bubbles: true}));
const here = () => {
    const now = document.activeElement;
    return now.id || now.parentElement.id + (now.parentElement.open ? " open" : "");
};
addEventListener("load", () => { %s });
</script>"""
FRAMES = """<body>%s<script>addEventListener("load", () => setTimeout(() => {
const answers = Array.from(frames, (one) => [one.name, one.eval("seen")]);
document.body.textContent = "answers: " + JSON.stringify(answers) + "!";
}));</script></body>"""
# Keys one after the other, and where each leads.
KEYS = (("t", "scenarios"), ("j", "coa-change open"), ("j", "establishment"),
        ("o", "establishment open"), ("j", "establishment open"), ("k", "coa-change open"),
        ("j", "establishment open"), ("n", "coa-change open"), ("f", "first-difference"))
SHOWN = ('say(Array.from(document.querySelectorAll("details.scenario:not([hidden])"), '
         '(one) => one.id + (one.open ? " open" : "")).join(" ")); ')
CHOICES = """
    const form = document.querySelector("form.controls");
    const put = (words) => { form.elements.words.value = words; form.dispatchEvent(
        new Event("input")); };
    say(form.hidden);
    form.querySelector("[value=failed]").click(); SHOWN
    form.querySelector("[value=failed]").click(); SHOWN
    put("ESTABLISHMENT"); SHOWN say(form.querySelector("output").value);
    put("ike_sa_init carol.mh"); SHOWN put("no such words"); SHOWN put("");
    press("j", form.elements.words); say(document.activeElement === document.body);
    form.elements.open.click(); SHOWN form.elements.close.click(); SHOWN
    """.replace("SHOWN", SHOWN)
DIFFERENCE = """press("f"); const row = document.getElementById("first-difference");
    const at = row.getBoundingClientRect().top / innerHeight; say(0.4 < at && at < 0.6);"""
MOVED = """const frame = document.querySelector("#coa-change .ladder");
    const top = frame.getBoundingClientRect().top;
    const rung = document.getElementById(frame.dataset.open).getBoundingClientRect();
    const names = frame.querySelector(".names").getBoundingClientRect();
    say(frame.scrollTop > 0); say(Math.abs(names.top - top) < 3);
    say(rung.top > names.bottom && rung.bottom < top + frame.clientHeight);"""
WIDE = """document.querySelectorAll("details").forEach((one) => { one.open = true; });
    say(document.documentElement.scrollWidth <= innerWidth);"""
BOTH = "coa-change open establishment"
QUESTIONS = {
    "opens_at_its_summary_and_the_keyboard_goes_from_scenario_to_scenario": (
        1280, "say(scrollY); " + "".join(f"press('{key}'); say(here()); " for key, _ in KEYS),
        ["0", *(where for _, where in KEYS)]),
    "scenarios_are_chosen_by_verdict_and_by_words_of_all_their_evidence": (
        1280, CHOICES, ["false", "establishment", BOTH, "establishment", "1 of 2", BOTH, "",
                        "true", "coa-change open establishment open", "coa-change establishment"]),
    "the_first_difference_stands_in_the_middle_of_the_window": (1280, DIFFERENCE, ["true"]),
    "a_ladder_is_opened_at_what_moved_with_its_names_in_view": (1280, MOVED, ["true"] * 3),
    **{f"nothing_is_wider_than_a_window_of_{width}": (width, WIDE, ["true"])
       for width in (400, 800, 1280)},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory, finished) -> dict[str, list[str]]:
    run = Run(tmp_path_factory.mktemp("asked"), finished)
    page, shown = failing(run), ""
    for number, (name, (width, script, _)) in enumerate(QUESTIONS.items()):
        (run.folder / f"{number}.html").write_text(page.replace("</html>", ASKED % script))
        shown += (f'<iframe name="{name}" src="{number}.html" '
                  f'style="width: {width}px; height: 800px; border: 0"></iframe>')
    (run.folder / "frames.html").write_text(FRAMES % shown)
    said = browse("--dump-dom", "--allow-file-access-from-files",
                  (run.folder / "frames.html").as_uri())
    return dict(json.loads(re.search(r"answers: (.*)!", said)[1]))


@pytest.mark.req("T-121", "T-123", "T-125", "T-126")
@needs_chromium
@pytest.mark.parametrize("question", QUESTIONS)
def test_in_a_browser(answers, question):
    assert answers[question] == QUESTIONS[question][2]


@pytest.mark.req("T-124")
@needs_chromium
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils is missing")
@pytest.mark.parametrize("scripts", (True, False))
def test_on_paper_a_sentence_stands_on_a_line_and_stories_are_open(run, scripts):
    page = failing(run)
    path, paper = run.folder / "printed.html", run.folder / "page.pdf"
    path.write_text(page if scripts else re.sub("<script>.*?</script>", "", page, flags=re.DOTALL))
    browse(f"--print-to-pdf={paper}", "--no-pdf-header-footer", path.as_uri())
    words = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True,
                           text=True, check=True).stdout
    assert TITLES["coa-change"] in words and "carol is registered at 2001::50" in words
    assert "MIGRATE esp tunnel reqid 2" in words and "starting iked" not in words


def test_the_page_names_the_commit_of_somebody_else_s_checkout_too(monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert html._commit() or not (samples.TOP / ".git").exists()


def test_without_git_the_page_names_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert html._commit() == ""
