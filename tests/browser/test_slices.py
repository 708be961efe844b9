"""Slices by other columns, the queue by damage, and what is found of the whole: each is said and opens its items."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from conftest import SHOTS
from jupyter import PATIENCE
from plain_host import FREE, PlainHost
from playwright.sync_api import Browser, Locator, expect
from slice_data import pictures
from test_accessibility import AXE, RUN
from test_left import FAINT
from test_plain_host import Screen

import explorer
from explorer.review import whole

SIZES = ((1440, 900), (1280, 720))
CUT = """() => {
  const page = document.querySelector(".dqx-explorer");
  const box = page.getBoundingClientRect();
  const found = [];
  for (const each of page.querySelectorAll("[data-dqx=section]:not([hidden]) :is(p, h4, button, select, th, td)")) {
    if (!each.checkVisibility()) continue;
    const at = each.getBoundingClientRect();
    const out = at.width > 0 && (at.left < box.left - .5 || at.right > box.right + .5);
    const cut = each.tagName !== "TD" && each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1;
    if (out || cut) found.push(`${out ? "out" : "cut"}: ${each.textContent.slice(0, 40)}`);
  }
  return found;
}"""
"""What of a section stands out of the explorer, or is cut off."""

QUEUED = """([items, ordered]) => {
  const s = [...globalThis[Symbol.for("data-quality-explorer.sessions.3")].values()].at(-1);
  const wanted = new Set(items);
  // Random checks stand where they were drawn, whatever their rank.
  const ranked = (list) => list.filter((item) => wanted.has(item) && !s.drawn.has(item));
  const found = s.queue.filter((item) => wanted.has(item) || !s.drawn.has(item));
  const sorted = (list) => [...list].sort((a, b) => a - b);
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  return ordered ? same(ranked([...s.queue]), ranked(items)) : same(sorted(found), sorted(items));
}"""
"""Whether the queue holds these items; random checks come on top."""


class Desk(Screen):
    """The page, and what tests of the details need."""

    def __init__(self, browser: Browser, host: PlainHost, review: explorer.Review) -> None:
        super().__init__(browser, host)
        self.page.set_default_timeout(PATIENCE)
        self.review = review
        self.show(host.widget(lambda: explorer.show(review)))
        self.frame.evaluate(AXE.read_text(encoding="utf-8"))

    def section(self, name: str) -> Locator:
        """Open a section of the details."""
        if not self.dqx("details-page").first.is_visible():
            self.dqx("details").first.click()
        self.frame.locator(f'[data-dqx="details-section"][data-section="{name}"]').click()
        found = self.frame.locator(f'[data-dqx="section"][data-section="{name}"]')
        expect(found).to_be_visible()
        return found

    def fact(self, name: str) -> Locator:
        return self.frame.locator(f'[data-dqx="fact"][data-fact="{name}"]')

    def queues(self, ids: Iterable[str], *, ordered: bool = False) -> None:
        """Wait until the queue holds just these items, beside random ones; `ordered` in this order, among others."""
        expect(self.dqx("details-page").first).to_be_hidden()
        items = [self.review.dataset.position(each) for each in ids]
        self.frame.wait_for_function(QUEUED, arg=[items, ordered], timeout=PATIENCE)
        self.shown()

    def looked_at(self, name: str) -> None:
        """Nothing is cut, faint or without a name, in both themes and sizes; pictures of it are kept for people."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for theme in ("dark", "light"):
            self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # literals
            for width, height in SIZES:
                # As much as JupyterLab leaves beside its list of files and above its toolbar.
                self.page.set_viewport_size({"width": width - 320, "height": height - 121})
                self.page.evaluate(f"() => {{ document.querySelector('iframe').style.height = '{height - 121}px' }}")
                self.page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png")
                assert self.frame.evaluate(CUT) == [], f"{name}, {theme}, {width}"
            page = self.dqx("details-page").first
            if page.is_visible():
                assert page.evaluate(FAINT) == [], f"{name}, {theme}"
            assert self.frame.evaluate(RUN, f"{name}, {theme}") == []
        self.page.set_viewport_size({"width": 1280, "height": 800})
        self.page.evaluate("() => { document.querySelector('iframe').style.height = '760px' }")


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[explorer.Review]:
    made = pictures(tmp_path_factory.mktemp("slices") / "s.labels.db")
    made.whole.look()
    yield made
    made.close()


@pytest.fixture(scope="module")
def host() -> Iterator[PlainHost]:
    made = PlainHost(FREE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def desk(browser: Browser, host: PlainHost, review: explorer.Review) -> Iterator[Desk]:
    made = Desk(browser, host, review)
    yield made
    made.context.close()


def test_a_column_is_chosen_and_its_slices_open_their_items(desk: Desk, review: explorer.Review) -> None:
    desk.section("slices")
    by, word, table = desk.dqx("slices-by"), desk.dqx("slices-word"), desk.dqx("slices-table")
    expect(word).to_contain_text("Choose a column of your data")
    assert by.locator("option").all_inner_texts() == ["choose a column", "lab", "seconds"]

    # By the keyboard alone.
    by.focus()
    desk.page.keyboard.press("ArrowDown")
    expect(by).to_have_value("lab")
    expect(table).to_be_visible()
    found = review.slices("lab")
    expect(word).to_have_text(found.sentence())
    assert "'Bergen' has more wrong labels than the rest" in found.sentence()
    rows = [[cell.inner_text() for cell in row.locator("th, td").all()] for row in table.locator("tbody tr").all()]
    assert [row[0] for row in rows] == found.table.index.tolist()
    for row in rows:
        one = found.table.loc[row[0]]
        low, high = (round(100 * one[end]) for end in ("low", "high"))
        share = f"{round(100 * one['rate'])} %"
        assert row[1:] == [
            str(one["labels"]), str(round(one["wrong"])), share, f"{low} to {high} %", one["differs"],
            f"Show {one['items']} items",
        ]  # fmt: skip
    shift = review.shift("lab")
    expect(desk.dqx("slices")).to_contain_text(shift.sentence("below"))
    cork = shift.table.index[(shift.table["slice"] == "Cork") & (shift.table["looks_like"] == "newt")][0]
    meaning = desk.dqx("slices-shifts").locator("tbody tr").nth(cork)
    assert meaning.locator("th, td").all_inner_texts()[:3] == ["Cork", "dog", "newt"]
    desk.looked_at("slices")

    # Each button opens its items, the worst first.
    opener = table.locator("tr", has_text="Bergen").locator("[data-dqx=slice-open]")
    assert opener.get_attribute("aria-label") == f"{opener.inner_text()}: Bergen"
    opener.focus()
    desk.page.keyboard.press("Enter")
    desk.queues(found.items("Bergen"))
    assert desk.frame.evaluate("() => document.activeElement.closest('.dqx-explorer') !== null")
    desk.section("slices")
    expect(by).to_have_value("lab")
    meaning.locator("[data-dqx=slice-open]").click()
    desk.queues(shift.items(cork))
    desk.press("Escape")

    # A number is cut into bins; back to none.
    desk.section("slices")
    by.select_option("seconds")
    expect(table.locator("tbody th")).to_have_text([*review.slices("seconds").table.index])
    by.select_option("")
    expect(table).to_have_count(0)
    desk.press("Escape")
    assert desk.errors == []


def test_the_queue_by_damage(desk: Desk, review: explorer.Review) -> None:
    worst, table = review.queue_of("label"), review.queue_of("label", sort="damage")
    expected = table.index[table["damage"] > 0].tolist()
    assert len(expected) > 20
    assert expected != [each for each in worst.index if each in set(expected)]
    desk.queues(worst.index, ordered=True)
    desk.dqx("sort").select_option("damage")
    desk.queues(expected, ordered=True)
    desk.looked_at("by-damage")
    desk.dqx("sort").select_option("suspicion")
    desk.queues(worst.index, ordered=True)
    assert desk.errors == []


FACTS = {
    "shifted": ("Rows 39\\d to 49\\d carry the label of the row before", "shifted", "shifted labels", "row before"),
    "odd_classes": ("look like one in several spellings: 'newt'", "odd_class", "odd classes", "another spelling"),
    "giveaways": ("of cat and .* of all other items are brighter", "giveaway", "giveaways", "It is brighter"),
}
"""By fact: what is said of it; name and title of its scope; what the card says."""


@pytest.mark.parametrize("name", FACTS)
def test_what_is_found_of_the_whole_is_said_and_opens_its_items(desk: Desk, review: explorer.Review, name: str) -> None:
    says, scope, title, why = FACTS[name]
    fact = review.facts()[name]
    assert re.search(says, fact.sentence), fact.sentence
    desk.section("data")
    shown = desk.fact(name)
    expect(shown.locator("p").first).to_have_text(fact.sentence)
    # What may spoil all else stands before the others.
    assert [each.get_attribute("data-fact") for each in desk.dqx("fact").all()][:3] == list(FACTS)
    shown.scroll_into_view_if_needed()
    if name == "giveaways":
        desk.looked_at("facts")

    # One line opens all of its items.
    line = shown.locator("tbody tr").first
    of = line.locator("th").inner_text()
    button = line.locator("[data-dqx=fact-open]")
    expect(button).to_have_text(f"Show {len(fact.items(of))} items")
    button.click()
    desk.queues(fact.items(of))
    desk.press("Escape")

    # The fact opens its scope, by the keyboard: some examples, each with why.
    desk.section("data")
    whole = desk.fact(name).locator(":scope > [data-dqx=fact-open]")
    examples = review.queue_of(scope, decided=True)
    expect(whole).to_have_text(f"Show {len(examples)} examples")
    whole.focus()
    desk.page.keyboard.press("Enter")
    desk.queues(examples.index)
    chip = desk.frame.locator(f'[data-dqx="scope"][data-scope="{scope}"]')
    expect(chip).to_have_attribute("aria-checked", "true")
    expect(chip).to_have_text(f"{title}{len(examples)}")
    expect(desk.dqx("scope-why").first).to_contain_text(why)
    desk.looked_at(f"scope-{scope}")
    desk.frame.locator('[data-dqx="scope"][data-scope="label"]').click()
    desk.shown()
    assert desk.errors == []


def test_while_it_is_being_looked_for_the_page_says_so(
    browser: Browser, host: PlainHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, measure = threading.Event(), whole.measure

    def waits(*args: object) -> object:
        go.wait(60)
        return measure(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(whole, "measure", waits)
    texts = [f"{'good' if i % 2 else 'dull'} film {i}" for i in range(60)]
    labels = ["-", "+"] * 30
    labels[4:60:20] = ["+"] * 3  # wrong ones: there is something to look at
    made = explorer.Review(
        explorer.read(texts, label=labels), tmp_path / "s.labels.db", embedder="tfidf", k=8, cache=False
    )
    made.wait("score", progress=False).cancel()
    page = Desk(browser, host, made)
    page.section("data")
    fact = page.fact("giveaways")
    expect(fact).to_contain_text("Not computed: it is being looked for in the background.")
    go.set()
    expect(fact).to_contain_text("“good”", timeout=PATIENCE)
    assert page.errors == []
    page.context.close()
    made.close()
