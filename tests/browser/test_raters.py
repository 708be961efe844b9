"""Raters on the screen: what each says of the item, how good each is, what to ask next, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter import PATIENCE
from plain_host import PlainHost
from playwright.sync_api import Browser, expect
from rater_reviews import review as make
from test_plain_host import Screen

import explorer

RATERS = ["cleo", "gpt", "gpt-mini", "barks"]


class Desk(Screen):
    """The page, with its scopes and the sections of its details."""

    def scope(self, name: str) -> None:
        """Choose a scope by its chip, or from the menu."""
        chip = self.frame.locator(f'[data-dqx="scope"][data-scope="{name}"]')
        if chip.is_visible():
            chip.click()
        else:
            self.dqx("scope-more").select_option(name)
        expect(chip).to_have_attribute("aria-checked", "true", timeout=PATIENCE)
        expect(chip).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
        self.shown()

    def section(self, name: str) -> None:
        """Open a section of the details."""
        if not self.dqx("details-page").is_visible():
            self.dqx("details").click()
        self.frame.locator(f'[data-dqx="details-section"][data-section="{name}"]').click()

    def rows(self, table: str) -> list[list[str]]:
        """Return the texts of a table, row by row, without its head."""
        found = self.frame.locator(f'[data-dqx="{table}"] tbody tr')
        expect(found.first).to_be_visible(timeout=PATIENCE)
        return [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in found.all()]


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[explorer.Review]:
    made = make(tmp_path_factory.mktemp("raters") / "s.labels.db")
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(browser: Browser, review: explorer.Review) -> Iterator[Desk]:
    """Open one page for all tests."""
    host = PlainHost()
    made = Desk(browser, host)
    made.show(host.widget(lambda: explorer.show(review)))
    yield made
    made.context.close()
    host.close()


@pytest.fixture
def desk(page: Desk) -> Iterator[Desk]:
    """Return the page; nothing may have gone wrong in it."""
    yield page
    assert page.errors == []


def test_the_card_says_what_raters_say_and_why_has_a_row_each(desk: Desk, review: explorer.Review) -> None:
    said = [review.rater_views.of_item(item, []) for item in range(len(review.dataset))]
    family = next(i for i, each in enumerate(said) if each and "of the same family" in each.text)
    review.select([str(review.dataset.item_ids[family])])
    expect(desk.dqx("card")).to_have_attribute("data-item", str(family), timeout=PATIENCE)
    desk.shown()
    found = said[family]
    assert found is not None
    line = desk.dqx("card-why")
    expect(line).to_contain_text(found.text)
    # All of it can be read: it stands first, and the line is as high as it needs to be.
    assert line.inner_text().startswith(found.text)
    desk.dqx("more-lines").click()
    rows = desk.rows("card-raters")
    seen = [row[0] for row in rows]
    assert seen[-2:] == ["the model", "the neighbours"]
    assert set(seen[:-2]) <= set(RATERS)
    assert len(seen) >= 5
    assert all(row[2] in {"cat", "dog", "newt", "nothing"} for row in rows)
    assert {row[1] for row in rows if row[0].startswith("gpt")} == {"model, gpt"}
    expect(desk.dqx("card-posterior").locator("li").first).to_contain_text("%")
    desk.dqx("more-lines").click()


def test_the_details_say_how_good_each_is_and_open_what_to_ask_next(desk: Desk) -> None:
    desk.section("raters")
    rows = desk.rows("raters-table")
    assert [row[0] for row in rows] == RATERS
    heads = desk.dqx("raters-table").locator("thead th").all_inner_texts()
    assert heads[:6] == ["rater", "kind", "answers", "right", "95 % range", "counts as"]
    right = {row[0]: int(row[3].split()[0]) for row in rows}
    assert right["cleo"] > max(right["gpt"], right["gpt-mini"])
    expect(desk.dqx("raters-sentence")).to_contain_text("4 raters on 150 items")
    expect(desk.dqx("raters-agreement")).to_contain_text("Raters agree")
    # By keyboard: the button of the first row shows how that rater answers.
    desk.dqx("rater-open").first.focus()
    desk.page.keyboard.press("Enter")
    assert [row[0] for row in desk.rows("rater-matrix")] == ["cat", "dog", "newt"]
    expect(desk.dqx("rater-confusion")).to_contain_text("How cleo answers")
    desk.dqx("ask-next").click()
    expect(desk.dqx("details-page")).to_be_hidden(timeout=PATIENCE)
    expect(desk.dqx("queue-counts")).to_have_text("next 1 of 20", timeout=PATIENCE)
    expect(desk.frame.locator(".dqx-notice").first).to_contain_text("ask somebody else", timeout=PATIENCE)


def test_the_scope_holds_the_labels_that_raters_dispute(desk: Desk) -> None:
    desk.scope("raters")
    expect(desk.dqx("scope-why")).to_contain_text("raters say", timeout=PATIENCE)
    expect(desk.dqx("scope-why")).to_contain_text("the label is")
    chip = desk.frame.locator('[data-dqx="scope"][data-scope="raters"]')
    assert "raters disagree" in chip.inner_text()
