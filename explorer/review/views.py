"""The half of `Review` that looks: its tables, its facts, and what is chosen. It holds no state; each part does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from explorer.review.arguments import Items
from explorer.review.facts import facts_of
from explorer.review.listings import Listings
from explorer.review.queue import Queue
from explorer.review.scores import Scores
from explorer.review.selection import Selection
from explorer.review.slices import Slices
from explorer.review.whole import Whole
from explorer.review.whole_facts import whole_facts

if TYPE_CHECKING:
    import pandas as pd

    from explorer.estimates.label_shift import Shift
    from explorer.estimates.slice_rates import SliceRates
    from explorer.labels import Store
    from explorer.reports.facts import Facts
    from explorer.review.state import ReviewState


class Views:
    """What a review shows; see `Review`."""

    labels: Store
    state: ReviewState
    scores: Scores
    selected: Selection
    listings: Listings
    by_slice: Slices
    _queue: Queue

    @property
    def issues(self) -> pd.DataFrame:
        """All items, those to be decided on first, each part worst first, indexed by item id (waits for "score").

        Columns follow cleanlab: `given_label`, `suggested_label`, `p_error`, `label_score` (0–1, low = bad),
        `is_label_issue`, `outlier_score`, `is_outlier_issue`, …; `label` and `state` say what stands now, `decided`
        whether somebody has decided on the item, and `where` names the file or row. A dozen columns are shown, and how
        many more there are; in all else it is a plain DataFrame.
        """
        return self.scores.issues

    @property
    def queue(self) -> pd.DataFrame:
        """The suspects still to be decided on, worst first, with draws mixed in at `audit_rate` (waits for "score").

        As `issues`, and `drawn`: the item stands here because it was drawn at random. Decide on those too, whether or
        not they look wrong. Without any suspect the queue is the first 20 draws.
        """
        return self._queue.table()

    def queue_of(self, scope: str, *, decided: bool = False, sort: str = "suspicion") -> pd.DataFrame:
        """Return the items of one scope still to be decided on, in its own order, each with why (waits for "score").

        `explorer.show(review, scope=...)` opens it on the screen.

        Parameters
        ----------
        scope
            "label" (label errors), "unlabelled", "outlier", "near_duplicate", "conflicting_duplicate", "ambiguous",
            "underperforming" (groups), "imbalance" (rare classes), "non_iid" (order of the rows), "kind" (what the
            training curves are like), "raters" (raters disagree), "giveaway" (giveaways: examples of what gives
            labels away), "odd_class" (odd classes), "shifted" (shifted labels), "random" (random checks) or "all".
            What is in brackets will do too.
        decided
            Also those that somebody has decided on. Sets of duplicates stay whole as long as one of them is open.
        sort
            "suspicion" (the scope's own order), "damage" (see `damage`; the table has it then), "class" or "row".

        Returns
        -------
        pandas.DataFrame
            Indexed by item id: `given_label`, `suggested_label`, `p_error`, `label`, `state`, `decided`, `where`, the
            scope's own scores, and `why` in words ("all" has none).

        Raises
        ------
        UnknownName
            No such scope or sort; it lists them.
        ExplorerError
            The scope is not computed; it says what to run.

        Examples
        --------
        >>> review.queue_of("outlier").columns[-2:].tolist()
        ['outlier_relation', 'why']
        >>> len(review.queue_of("everything", decided=True)) == len(review.dataset)
        True
        """
        return self.listings.queue_of(scope, decided=decided, sort=sort)

    @property
    def damage(self) -> pd.Series[Any]:
        """Damage of every item by id: `p_error` × max(0, −its KNN-Shapley value) (waits for "score").

        The expected loss in correct predictions of a nearest-neighbour classifier through a label that is wrong:
        errors that mislead many come first. `queue_of(scope, sort="damage")` sorts by it, and so does the queue's menu.

        Examples
        --------
        >>> bool((review.damage >= 0).all()), review.queue_of("label", sort="damage").columns[-2]
        (True, 'damage')
        """
        return self.listings.damage()

    def slices(self, by: str, *, bins: Any = None) -> SliceRates:
        """Estimate how many labels are wrong in each slice of a column of your own (waits for "score").

        Parameters
        ----------
        by
            A column that `explorer.read` has kept (`dataset.columns`), or a feature of a table.
        bins
            By default numbers with more than 20 values are cut into five bins, times into months, all else by value.
            `False`: by value; a number of bins; cuts between bins; "day", "month" or "year".

        Returns
        -------
        SliceRates
            `table` and `directions` (given → suggested) with 95 % intervals, `differing`, `items(slice)`; `sentence()`
            says which slices differ from the rest by more than chance makes.

        Raises
        ------
        UnknownName
            No such column.
        DataError
            A column whose values are all different, or are lists; bins that do not fit.

        Examples
        --------
        >>> import explorer
        >>> texts = [f"{'good' if i % 2 else 'dull'} film {i}" for i in range(60)]
        >>> columns = {"source": ["a", "b", "b"] * 20}
        >>> films = explorer.read(texts, label=["+-"[i % 2] for i in range(60)], columns=columns)
        >>> explorer.Review(films).slices("source").table["items"].sort_index().tolist()
        [20, 40]
        """
        return self.by_slice.rates(by, bins)

    def shift(self, by: str, *, bins: Any = None) -> Shift:
        """Find labels that mean something else in a slice than elsewhere (waits for "score").

        For each given label: do its items look like another class, to the held-out model (without one, to the
        neighbours), more often in one slice than in the others? `sentence()` names what chance does not make, `table`
        has the figures, and `items(finding)` the items. `by` and `bins` are those of `slices`, and so are the errors.
        """
        return self.by_slice.shift(by, bins)

    def find(self, query: str | int) -> pd.DataFrame:
        """Return the items that a word, an id, a file's name or a row finds. Waits for nothing.

        Parameters
        ----------
        query
            Upper and lower case are alike. A word is found in texts, in a table's cells, in keys and in file names; of
            several words an item has all, and what stands in quotes is one phrase. A number, or "row 500" as a card
            prints it, is also a row of your own data, from 0.

        Returns
        -------
        pandas.DataFrame
            Indexed by item id, what is named exactly first, then worst first: `given_label`, `suggested_label`,
            `p_error` (missing before there are scores), `label`, `state`, `decided`, `where`; `found` says in what
            ("text", "id", "file", "row" or a column); texts have `text`.

        Raises
        ------
        DataError
            An empty query.

        Examples
        --------
        >>> review.find("K07")["found"].tolist(), review.find(7).index.tolist()
        (['id'], ['k07', ...])
        """
        return self.listings.find(query)

    def filter(
        self,
        *,
        given: Any = None,
        suggested: Any = None,
        label: Any = None,
        state: Any = None,
        p_error: Any = None,
        scope: str | None = None,
        text: str | None = None,
        columns: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return the rows of `issues` that fit all conditions given (waits for "score").

        Parameters
        ----------
        given, suggested, label
            A class or several: the given label, the suggested one, the one that stands now.
        state
            One or several of "given", "relabelled", "kept", "flagged", "stale", "conflict" (`State`), or "open" and
            "decided".
        p_error
            The least value, or both ends: `.5`, `(.2, .5)`.
        scope
            As `queue_of` takes it, with what is decided on; its order is kept.
        text
            As `find` takes it.
        columns
            Values of your own columns, one or several each: `{"source": "lab B"}`.

        Raises
        ------
        UnknownName
            A class, state, scope, column or value that there is none of.
        DataError
            A range that is none.

        Examples
        --------
        >>> found = review.filter(p_error=0.5, state="open")
        >>> bool((found.p_error >= 0.5).all()), bool(found.decided.any())
        (True, False)
        """
        conditions = {"given": given, "suggested": suggested, "label": label, "state": state}
        return self.listings.filter(**conditions, p_error=p_error, scope=scope, text=text, columns=columns)

    def facts(self, *, wait: bool = True) -> Facts:
        """Say what is known of the whole (waits for "score"); shown in a notebook as a page.

        Parameters
        ----------
        wait
            Measure the items for what gives labels away first, which opens them once and draws how far it is. Without,
            that goes on in the background, and `missing` says so.

        Returns
        -------
        Facts
            With a DataFrame for each of `transition`, `joint`, `imbalance`, `order`, `groups`, `kinds`, `duplicates`,
            `trust`, `leaning`, `names`, `raters`, `giveaways`, `odd_classes` and `shifted`; `missing` says what the
            others need, and `items(fact, of)` names the items.

        Examples
        --------
        >>> facts = review.facts()
        >>> facts.joint.shape == (len(review.classes), len(review.classes))
        True
        >>> facts.missing["kinds"]
        'needs ...'
        """
        self.scores.ready()
        with self.state.lock:
            dataset, classes, results = self.state.dataset, self.state.classes, self.scores.results()
        if wait:
            self.whole.measure()
        else:
            self.whole.begin()
        return facts_of(dataset.item_ids, classes, results, whole_facts(self.whole.look(wait=wait), self.whole.error))

    @property
    def whole(self) -> Whole:
        """What gives labels away, odd classes, and labels beside the wrong rows (`whole.look()`)."""
        return self.listings.whole

    @property
    def detectors(self) -> pd.DataFrame:
        """List every method: what it looks for, whether it ran, and whether it is in step (`scores.methods`)."""
        return self.scores.methods

    @property
    def trust(self) -> Any:
        """Whether the embedding is good enough to trust (`scores.trust`)."""
        return self.scores.trust

    def method(self, name: str) -> str:
        """Return what a method does, its formula, when to trust it and its source; "p_error" for the number itself."""
        from explorer import detectors

        return detectors.page(name)

    def explain(self, item: str | int) -> pd.DataFrame:
        """Say in words why an item is suspect (`scores.why`; waits for "score")."""
        return self.scores.why(item)

    # What is chosen -------------------------------------------------------------------------------------------------

    @property
    def current(self) -> str | None:
        """Id of the item that every panel shows; `None` for none."""
        return self.selected.current

    @property
    def selection(self) -> list[str]:
        """Ids of the items that are chosen in the panels."""
        return self.selected.chosen

    def select(self, items: Items | None = None, *, rows: Any = None) -> None:
        """Show an item, or choose several, in every panel; nothing for none.

        Parameters
        ----------
        items
            See `Review.relabel`. Without keys a bare number is an item's position.
        rows
            Rows of your own data, from 0, as a card prints them ("row 500"), in place of items.

        Raises
        ------
        UnknownName, DataError
            No such item or row.

        Examples
        --------
        >>> review.select(rows=[3, 5])
        >>> review.selection
        ['k03', 'k05']
        >>> review.select(None)
        """
        self.selected.select(items, rows)

    def highlight(self, items: Items | None = None, *, rows: Any = None) -> None:
        """Let items stand out on the map, the others grey and not gone; nothing shows all alike. See `select`."""
        self.selected.highlight(items, rows)

    def on_select(self, callback: Callable[[list[str]], Any]) -> Callable[[], None]:
        """Call `callback(ids)` whenever other items are shown or chosen, here or in a panel.

        Parameters
        ----------
        callback
            Gets the ids of the chosen items, of the one that is shown where none are, and `[]` for none. What it raises
            is logged.

        Returns
        -------
        Callable
            Ends it when it is called.

        Examples
        --------
        >>> seen = []
        >>> stop = review.on_select(seen.append)
        >>> review.select(["k01", "k02"])
        >>> stop(); review.select(None)
        >>> seen
        [['k01', 'k02']]
        """
        return self.selected.on_select(callback)

    def grow(
        self, items: Items | None = None, *, rows: Any = None, size: int | None = None, same_label: bool = True
    ) -> pd.DataFrame:
        """Return a selection and the items that hang together with it in the neighbour graph (waits for "score").

        Parameters
        ----------
        items, rows
            As `select` takes them; by default what is chosen or shown.
        size
            Items wanted, the selection included; by default the size at which the group ends by itself.
        same_label
            Stay within a label where that can be; without, only likeness counts.

        Returns
        -------
        pandas.DataFrame
            The selection first, then the closest first, with `belongs`, 1 for the strongest.

        Raises
        ------
        DataError
            Nothing is selected; a size below that of the selection.

        Examples
        --------
        >>> grown = review.grow("k03", size=4)
        >>> len(grown), grown.index[0]
        (4, 'k03')
        """
        return self.listings.grow(items, rows=rows, size=size, same_label=same_label)

    def branches(self) -> pd.DataFrame:
        """List the branches of the label store (`labels.branch()`)."""
        return self.labels.branch()

    def tags(self) -> pd.DataFrame:
        """List the tags of the label store (`labels.tag()`)."""
        return self.labels.tag()
