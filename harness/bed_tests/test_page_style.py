"""Every ink of the page can be read on every paper: contrasts computed from its style sheet."""

import re

import pytest

from harness.bed.report import html, ladder_svg

SHEET = (html.TEMPLATES / "style.css").read_text()
READ, SEEN = 4.5, 3.0
# What is a paper or a line by its use; everything else that colours text is an ink.
LINES = {"edge"}
DECORATION = {"faint"}


def variables(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text))


def schemes() -> dict[str, dict[str, str]]:
    light, dark, paper = (variables(body) for body in re.findall(
        r":root \{(.*?)\}", SHEET, re.DOTALL))
    return {"light": light, "dark": light | dark, "print": light | paper}


def luminance(colour: str) -> float:
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines 2.1 define it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def used(*properties: str) -> set[str]:
    return {name for one in properties
            for name in re.findall(rf"(?<![-\w]){one}: [^;]*?var\(--([\w-]+)\)", SHEET)}


INKS = used("color")
PAPERS = used("background", "background-color") - {"line"}


def test_every_colour_is_a_variable_that_each_scheme_has():
    rules = re.sub(r":root \{.*?\}", "", SHEET, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-f]{3,6}\b|rgba?\(", rules)
    names = set(re.findall(r"var\(--([\w-]+)\)", rules)) - {"n", "a", "w", "line"}
    assert all(names <= set(scheme) for scheme in schemes().values())


def test_black_on_white_is_twenty_one_to_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.req("T-122")
@pytest.mark.parametrize("name", schemes())
def test_every_ink_can_be_read_on_every_paper(name):
    scheme = schemes()[name]
    assert {"ink", "soft", "bad"} <= INKS and {"paper", "want-word"} <= PAPERS
    papers = PAPERS - DECORATION - LINES - INKS
    pale = [f"{ink} on {paper} {contrast(scheme[ink], scheme[paper]):.2f}"
            for ink in sorted(INKS) for paper in sorted(papers)
            if contrast(scheme[ink], scheme[paper]) < READ]
    assert pale == []


@pytest.mark.parametrize("name", schemes())
def test_every_line_can_be_seen_on_the_papers_it_is_drawn_on(name):
    scheme = schemes()[name]
    lines = used("stroke", "fill", "border", "border-color", "border-left", "border-top")
    for line in sorted(lines - DECORATION - {"line", "band"}):
        for paper in ("paper", "sheet"):
            assert contrast(scheme[line], scheme[paper]) >= SEEN, (line, paper)


# What a browser colours by itself where a sheet does not, and in the dark paler than may be.
OWN_COLOUR = {r"<a\b": r"^a \{[^}]*?\bcolor: ", r"placeholder=": r"::placeholder \{[^}]*?\bcolor: ",
              r"<mark\b": r"\bmark \{[^}]*?\bcolor: ", r"<button\b": r"\bbutton \{[^}]*?\bcolor: ",
              r"<select\b": r"\bselect \{[^}]*?\bcolor: "}


@pytest.mark.req("T-122")
@pytest.mark.parametrize("written", OWN_COLOUR)
def test_no_text_has_a_colour_of_the_browser_s_own(written):
    pages = "".join(path.read_text() for path in html.TEMPLATES.glob("*.html"))
    if re.search(written, pages):
        assert re.search(OWN_COLOUR[written], SHEET, re.MULTILINE | re.DOTALL), written


def test_nothing_is_made_paler_by_opacity():
    assert not re.search(r"(?<!fill-)opacity: 0?\.", SHEET)


@pytest.mark.parametrize("number, paper", [(0, "#ffffff"), (1, "#1b1e22")])
def test_a_ladder_by_itself_can_be_read_too(number, paper):
    scheme = re.findall(r"\.ladder\{[^}]*\}", ladder_svg.STYLE)[number]
    colours = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", scheme))
    papers = {colours.pop("sheet"), colours.pop("band")}
    assert len(colours) == 5 and paper in papers
    assert all(contrast(ink, one) >= READ for ink in colours.values() for one in papers)
    assert "opacity" not in ladder_svg.STYLE
