"""What is judged is the largest thing: whole texts, the columns that tell, pictures large; in a real JupyterLab."""

from __future__ import annotations

import json
import math
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter import PATIENCE, Lab
from playwright.sync_api import Locator, expect
from test_low_screens import notebook

SCREENS = ((1280, 720), (1440, 900))
"""Without the list of files: on the second the map stands beside the item."""
LABELS = {
    "complaint about a delivery that came too late": ["parcel", "late", "delivery", "courier", "waiting", "weeks"],
    "question about an invoice or a payment": ["invoice", "payment", "card", "charge", "bank", "refund", "transfer"],
    "praise for the people of the support team": ["friendly", "helpful", "support", "thanks", "great", "patient"],
}
NEWS = 40
LONG = NEWS
"""The text after the others: too long for any screen."""

KINDS = ("text", "table", "image")
MAKE = """
import json, numpy as np, pandas as pd, explorer
texts, text_labels = json.load(open("news.json"))
rng = np.random.default_rng(0)
names = np.array(["malignant", "benign"])
truth = np.arange(160) % 2
x = rng.normal(size=(160, 30)).round(3)
for place, strength in enumerate([9, 8, 7, 6, 5, 4, 3.5, 3]):
    x[:, 17 - place] += truth * strength
wrong = np.arange(160) % 20 == 3
table = pd.DataFrame(x, columns=[f"column {n}" for n in range(30)])
table["label"] = names[np.where(wrong, 1 - truth, truth)]
shapes = rng.integers(0, 256, (3, 8, 8))
pictures = (shapes[np.arange(120) % 3] * .8 + rng.integers(0, 50, (120, 8, 8))).astype("uint8")
shape = np.array(["oak", "elm", "ash"])[(np.arange(120) + (np.arange(120) % 15 == 4)) % 3]
reviews = [
    explorer.Review(data, store=f"{name}.labels.db").wait(progress=False)
    for name, data in {
        "text": explorer.read(texts, label=text_labels),
        "table": explorer.read(table, label="label"),
        "image": explorer.read(pictures, label=shape),
    }.items()
]
"""

FRAMES = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));"
CARD = """
  const shown = [...document.querySelectorAll(".dqx-explorer [data-dqx=card]")].find(c => c.dataset.kind === kind);
  const desk = shown.closest(".dqx-explorer");
  const box = part => part.getBoundingClientRect();
  const free = { top: box(desk).top, bottom: Math.min(innerHeight, box(desk.querySelector(".dqx-card-decide")).top) };
  const inSight = (part, { left, right, top, bottom } = box(part)) => {
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top >= free.top && bottom <= free.bottom + .5 && right <= innerWidth && (part === at || part.contains(at));
  };
"""
"""The card of a kind of item, `shown`, on its `desk`; and whether a part lies free, above the buttons."""

WHOLE = f"""async ([kind, items]) => {{
  {CARD}
  const sessions = [...globalThis[Symbol.for("data-quality-explorer.sessions.3")].values()];
  const session = sessions.find(each => each.hello?.dataset.kind === kind);
  const found = [];
  for (const item of items) {{
    session.select(item);
    const begun = performance.now();
    while (shown.dataset.drawn !== String(item)) {{
      if (performance.now() - begun > 60_000) throw new Error(`item ${{item}} does not come`);
      {FRAMES}
    }}
    const words = shown.querySelector(".dqx-text-words");
    const all = document.createRange();
    all.selectNodeContents(words);
    // A blank at the end of a line hangs over its edge.
    const edge = box(words).right;
    const lines = [...all.getClientRects()].filter(({{ left, width }}) => width > 0 && left < edge - 1).map(
      ({{ left, right, top, bottom }}) => ({{ left, right: Math.min(right, edge), top, bottom }}));
    found.push({{
      text: words.textContent,
      whole: lines.every(line => inSight(words, line)),
      paged: shown.querySelector(".dqx-text-pager").checkVisibility(),
      size: parseFloat(getComputedStyle(words).fontSize),
    }});
  }}
  return found;
}}"""
"""Each text of `items` as the card shows it: what stands there, and whether every line is in sight."""

COLUMNS = f"""kind => {{
  {CARD}
  const rows = [...shown.querySelectorAll(".dqx-columns-table tr")].filter(row => row.checkVisibility());
  const cells = row => [...row.children].map(cell => cell.textContent);
  return rows.filter(row => inSight(row)).map(cells);
}}"""
"""The cells of every row of the table that is in sight, its head first."""

PICTURE = f"""kind => {{
  {CARD}
  const picture = shown.querySelector(".dqx-card-item img");
  const {{ width, height }} = box(picture);
  return {{ width, height, pixels: picture.naturalWidth, drawn: getComputedStyle(picture).imageRendering,
            free: box(picture).bottom <= box(desk.querySelector(".dqx-queue")).top && box(picture).top >= 0 }};
}}"""

SCROLLS = f"""kind => {{
  {CARD}
  const parts = [desk, desk.querySelector(".dqx-main"), desk.querySelector("[data-page=item]"), shown];
  const name = part => part.dataset.page ?? part.className;
  const found = parts.filter(part => part.scrollHeight > part.clientHeight || part.scrollWidth > part.clientWidth);
  const {{ width, height }} = box(desk);
  return {{ width, height, scrolls: found.map(name) }};
}}"""
"""How large the desk is, and what of it scrolls as a whole."""


def news() -> tuple[list[str], list[str]]:
    """Texts as long as news items, one that is far longer, and some for the methods to learn from; and their labels."""
    rng = random.Random(0)
    names = list(LABELS)
    # Most have about 200 characters, a few many more, as in AG News.
    lengths = [round(100 - 100 * math.log(1 - n / (NEWS - 2))) for n in range(NEWS - 2)] + [893, 1000]
    assert 220 < statistics.mean(lengths) < 260
    texts, labels = [], []
    for n, length in enumerate([*lengths, 6000, *[120] * 119]):
        words = ""
        while len(words) < length:
            words += rng.choice(LABELS[names[n % 3]]) + rng.choice([" ", " ", " ", ", ", ". "])
        texts.append(f"{words[: length - 1].strip()}.")
        labels.append(names[(n + (n % 6 == 1)) % 3])
    return texts, labels


def desk(page: Lab, kind: str) -> Locator:
    """Bring the desk of a kind of item to the top of the screen; returns it."""
    # What is far from sight JupyterLab does not draw.
    page.page.evaluate(
        "n => window.jupyterapp.shell.currentWidget.content.scrollToItem(n, 'start')", 1 + KINDS.index(kind)
    )
    card = page.page.locator(f'[data-dqx="card"][data-kind="{kind}"]')
    found = page.page.locator(".dqx-explorer").filter(has=card)
    expect(found).to_have_count(1, timeout=PATIENCE)
    found.evaluate("each => each.scrollIntoView({block: 'start'})")
    expect(card).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    page.page.evaluate(f"async () => {{ {FRAMES} }}")
    return found


def texts_are_whole(page: Lab, texts: list[str], screen: str) -> None:
    """Check that every news text is whole, beside long names of labels, and that one too long is turned by Space."""
    desk(page, "text")
    seen = page.page.evaluate(WHOLE, ["text", list(range(NEWS))])
    assert [each["text"] for each in seen] == texts[:NEWS]
    cut = [(len(each["text"]), each["size"], each["paged"]) for each in seen if each["paged"] or not each["whole"]]
    assert cut == [], screen
    assert min(each["size"] for each in seen) >= 13
    [long] = page.page.evaluate(WHOLE, ["text", [LONG]])
    assert long["paged"], screen
    place = page.dqx("text-page").first
    expect(place).to_contain_text("page 1 of")
    desk(page, "text").focus()
    page.page.keyboard.press("Space")
    expect(place).to_contain_text("page 2 of", timeout=PATIENCE)
    page.page.keyboard.press("Shift+Space")
    expect(place).to_contain_text("page 1 of", timeout=PATIENCE)


def telling_columns_are_in_sight(page: Lab, screen: str) -> None:
    """Check that eight columns of thirty are in sight, those first that tell most, beside both labels' medians."""
    desk(page, "table")
    head, *rows = page.page.evaluate(COLUMNS, "table")
    assert len(rows) >= 8, screen
    # Which tells most depends on the row too: the first is among the strongest, and none is without a difference.
    strength = {f"column {17 - n}": size for n, size in enumerate((9, 8, 7, 6, 5, 4, 3.5, 3))}
    assert {row[0] for row in rows[:5]} <= set(strength)
    assert strength[rows[0][0]] >= 5
    assert head[:2] == ["most telling columns (of 30)", "this row"]
    assert {head[2], head[3]} == {"malignant (median)", "benign (median)"}
    medians = dict(zip(head[2:4], (float(cell.replace("−", "-")) for cell in rows[0][2:4]), strict=True))
    assert medians["benign (median)"] == pytest.approx(strength[rows[0][0]], abs=0.6)
    assert medians["malignant (median)"] == pytest.approx(0, abs=0.6)


def tiny_picture_is_large(page: Lab, screen: str) -> None:
    """Check that eight by eight pixels fill the height of the page, as they are."""
    desk(page, "image")
    picture = page.page.evaluate(PICTURE, "image")
    assert picture["pixels"] == 8
    assert picture["drawn"] == "pixelated"
    assert picture["width"] == pytest.approx(picture["height"], abs=1)
    assert picture["width"] >= 240, screen
    assert picture["free"], screen


def nothing_scrolls(page: Lab, width: int, shot: Any) -> None:
    """Check the height of every desk, and that no part of it scrolls as a whole; `width` is the cell's."""
    for kind in KINDS:
        desk(page, kind)
        found = page.page.evaluate(SCROLLS, kind)
        assert found["width"] == pytest.approx(width, abs=1)
        assert found["height"] <= 560, f"{kind}, {width}"
        assert found["scrolls"] == [], f"{kind}, {width}"
        shot(page, f"card-{kind}-{width}", screen=True)


def test_the_item_is_the_largest_thing(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    texts, labels = news()
    (folder / "news.json").write_text(json.dumps([texts, labels]))
    notebook(folder, "card.ipynb", MAKE, *(f"reviews[{n}]" for n in range(len(KINDS))))
    page = lab()
    page.open("card.ipynb")
    page.run_all()
    page.command("application:toggle-left-area")
    for width, height in SCREENS:
        page.page.set_viewport_size({"width": width, "height": height})
        texts_are_whole(page, texts, f"{width} × {height}")
        telling_columns_are_in_sight(page, f"{width} × {height}")
        tiny_picture_is_large(page, f"{width} × {height}")
    page.page.set_viewport_size({"width": 1280, "height": 720})
    desk(page, "text")
    width = round(page.page.evaluate(SCROLLS, "text")["width"])
    nothing_scrolls(page, width, shot)
    page.page.set_viewport_size({"width": 1280 - width + 700, "height": 720})
    nothing_scrolls(page, 700, shot)
    assert not page.outside, "nothing is loaded from outside"
