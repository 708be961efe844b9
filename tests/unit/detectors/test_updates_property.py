"""Live updates over the whole: after any sequence of relabels all that is shown equals a full run of everything."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from updates_help import (
    INPLACE,
    Case,
    begun,
    check,
    copied,
    digits,
    followed,
    held_by,
    in_full,
    made,
    renumbered,
    reordered,
    same,
    same_verdict,
    unaltered,
)

from explorer import graph

small = st.integers(30, 120)
large = st.integers(190, 300)  # enough labelled items for the combiner to learn from
seeds = st.integers(0, 10**6)
number = st.integers(0, 10**6)  # chooses one of what there is by then
who = st.tuples(st.sampled_from(["any", "any", "copy", "hub", "rare", "blank", "last"]), number)
relabels = st.lists(st.tuples(who, st.integers(-1, 5)), min_size=1, max_size=5)


@st.composite
def cases(draw):
    """Draw what a data set is like; half of them are large enough to calibrate."""
    n = draw(st.one_of(large, small))
    kind = draw(st.sampled_from(["built", "built", "built", "random", "random", None]))
    return Case(
        seed=draw(seeds),
        n=n,
        n_classes=draw(st.integers(2, 6)),
        k=draw(st.sampled_from([8, 1, 3, 15, 40])),
        graph=kind,
        probs=draw(st.sampled_from([True, True, False])),
        vectors=draw(st.sampled_from([True, True, False])),
        clustered=draw(st.booleans()),
        copies=draw(st.sampled_from([0.1, 0.0, 0.4])),
        blank=draw(st.sampled_from([0.1, 0.0, 0.2] if n >= 190 else [0.1, 0.0, 0.5])),
        single=draw(st.booleans()),
        trusted=draw(st.booleans()),
        twice=draw(st.booleans()),
        trained=draw(st.booleans()),
        named=draw(st.booleans()),
    )


class UpdatesMachine(RuleBasedStateMachine):
    """Relabels items in every way; `states` are all that was ever shown, by labels the first that was."""

    def __init__(self):
        super().__init__()
        self.steps = 0
        self.last = 0

    @initialize(case=cases())
    def begin(self, case):
        self.case = case
        self.now = self.first = begun(made(case))
        self.states = [self.now]
        self.seen = {self.now.inputs.labels.tobytes(): self.now}
        labelled = int(self.now.inputs.labelled.sum())
        note(f"{labelled} labelled, learnt: {self.now.combined.model is not None}")

    @rule(changes=relabels)
    def relabel(self, changes):
        """A few items, one after another or at once; some perhaps to what they are."""
        k = self.now.inputs.n_classes
        self.step({self.item(*one): min(code, k - 1) for one, code in changes})

    @rule(changes=relabels)
    def relabel_in_turn(self, changes):
        k = self.now.inputs.n_classes
        for one, code in changes[:3]:
            self.step({self.item(*one): min(code, k - 1)})

    @precondition(lambda self: INPLACE)
    @rule(changes=relabels)
    def relabel_in_place(self, changes):
        """One after another; nobody reads what lies between, so that it may be written over. The start may not."""
        k = self.now.inputs.n_classes
        start = held_by(self.now)
        was = copied(start)
        after = self.now
        for one, code in changes:
            after = followed(after, {self.item(*one): min(code, k - 1)}, inplace=after is not self.now)
            check(after, in_full(after, self.first.findings))
        unaltered(start, was)
        self.keep(after)

    @rule(seed=seeds, share=st.sampled_from([0.05, 0.3, 1.0]))
    def relabel_many(self, seed, share):
        rng = np.random.default_rng(seed)
        n = self.now.inputs.n
        items = rng.choice(n, max(1, round(share * n)), replace=False)
        codes = rng.integers(-1, self.now.inputs.n_classes, len(items))
        self.step(dict(zip(items.tolist(), codes.tolist(), strict=True)))

    @rule(pick=number, to=st.integers(-1, 5), left=st.integers(0, 2))
    def empty_a_class(self, pick, to, left):
        """Of a class none, one or two members stay."""
        inputs = self.now.inputs
        used = np.flatnonzero(inputs.sizes > left)
        if len(used):
            code = int(used[pick % len(used)])
            target = min(to, inputs.n_classes - 1)
            self.step(dict.fromkeys(np.flatnonzero(inputs.labels == code)[left:].tolist(), target))

    @rule(pick=number, one=who)
    def begin_a_class(self, pick, one):
        """A class that nobody has gets its first member, else the rarest gets one more."""
        sizes = self.now.inputs.sizes
        rarest = np.flatnonzero(sizes == sizes.min())
        self.step({self.item(*one): int(rarest[pick % len(rarest)])})

    @rule(one=who, code=st.integers(-1, 5))
    def there_and_back(self, one, code):
        """A relabel and its undoing, and whatever else was shown for these labels, are equal."""
        item = self.item(*one)
        old = int(self.now.inputs.labels[item])
        self.step({item: min(code, self.now.inputs.n_classes - 1)})
        self.step({item: old})

    @precondition(lambda self: len(self.states) > 1)
    @rule(pick=number)
    def back_to(self, pick):
        """Earlier labels come back, all at once."""
        old, new = self.now.inputs.labels, self.states[pick % len(self.states)].inputs.labels
        if (old != new).any():
            self.step({int(i): int(new[i]) for i in np.flatnonzero(old != new)})

    @precondition(lambda self: len(self.states) > 1)
    @rule(pick=number)
    def go_on_from(self, pick):
        """An earlier result can still be followed: what was shown meanwhile may not have been put in its place."""
        self.now = self.states[pick % len(self.states)]

    @rule()
    def go_on_from_a_full_run(self):
        self.now = in_full(self.now, self.now.findings)
        self.states.append(self.now)

    def step(self, changes):
        after = followed(self.now, changes)
        self.steps += 1
        # The globals may be taken from the first result as well as from the newest.
        check(after, in_full(after, (self.first if self.steps % 2 else after).findings))
        self.keep(after)
        if changes:
            self.last = next(iter(changes))

    def keep(self, after):
        """Go on from here; whatever was shown for these labels before was the same."""
        self.now = after
        self.states.append(after)
        known = self.seen.setdefault(after.inputs.labels.tobytes(), after)
        if known is not after:
            check(after, known)

    def item(self, kind, pick):
        """Return one item of a kind, any where there is none of it."""
        inputs = self.now.inputs
        found = np.arange(inputs.n)
        if kind == "copy" and inputs.vectors is not None:
            _, which, count = np.unique(inputs.vectors, axis=0, return_inverse=True, return_counts=True)
            found = np.flatnonzero(count[which.ravel()] > 1)
        elif kind == "hub" and inputs.graph is not None:
            found = np.argsort(-np.bincount(inputs.graph.indices.ravel(), minlength=inputs.n))[:5]
        elif kind == "rare":
            found = np.flatnonzero(inputs.labelled & (inputs.sizes[inputs.labels] <= 2))
        elif kind == "blank":
            found = np.flatnonzero(~inputs.labelled)
        elif kind == "last" and inputs.graph is not None:
            found = np.append(inputs.graph.indices[self.last], self.last)
        return int(found[pick % len(found)]) if len(found) else pick % inputs.n


def settled(examples, steps):
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def test_after_any_relabels_everything_equals_a_full_run():
    run_state_machine_as_test(UpdatesMachine, settings=settled(20, 8))


@pytest.mark.soak
@pytest.mark.timeout(1800)  # a failure is made smaller, which takes longer than the sequences
def test_after_any_relabels_for_long():
    run_state_machine_as_test(UpdatesMachine, settings=settled(200, 25))


CASES = {
    "no graph": Case(1, 220, 3, graph=None, trusted=True),
    "graph alone": Case(2, 240, 4, probs=False, vectors=False),
    "all there is": Case(3, 230, 5, k=40, copies=0.4, trusted=True, twice=True, trained=True, single=True, named=True),
    "one neighbour": Case(4, 250, 2, k=1, graph="random", trained=True),
    "nothing to compare": Case(5, 80, 6, graph=None, probs=False, twice=True),
    "few": Case(6, 30, 6, k=40, blank=0.5),
    "votes alone": Case(11, 220, 3, graph=None, probs=False, vectors=False, votes="apart"),
    "votes and all the rest": Case(12, 230, 4, k=20, trusted=True, trained=True, named=True, votes="apart"),
    "the labels are the votes": Case(13, 230, 3, k=20, votes="majority"),
    "names alone": Case(10, 210, 4, graph=None, probs=False, vectors=False, named=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_walk_over_every_kind_of_inputs(case):
    rng = np.random.default_rng(case.seed)
    now = first = begun(made(case))
    for step in range(6):
        items = rng.choice(case.n, int(rng.integers(1, 4)), replace=False)
        before, now = now, followed(now, codes_for(rng, now, items))
        check(now, in_full(now, (first if step % 2 else before).findings))


@pytest.mark.parametrize("case", [Case(7, 200, 2), Case(8, 60, 4, graph="random"), Case(9, 60, 3, probs=False)])
def test_classes_come_and_go(case):
    """Labels that can be compared with no other ones, classes of one, and nobody labelled: one click at a time."""
    now = first = begun(made(case))
    everybody, (a, b, c) = range(case.n), np.flatnonzero(now.inputs.labelled)[[3, 17, 8]].tolist()
    hub = int(np.bincount(now.inputs.graph.indices.ravel(), minlength=case.n).argmax())
    steps = [dict.fromkeys(everybody, 0), {a: 1}, {a: 0}, {b: 1}, {b: -1}, {a: 1, b: 1}, {a: 0}, {b: 0}, {hub: 1}]
    steps += [{hub: -1}, dict.fromkeys(everybody, -1), {a: 0}, {b: 1}, {c: 0}, {c: 1}]
    for step, changes in enumerate([*steps, dict(enumerate(first.inputs.labels.tolist()))]):
        before, now = now, followed(now, changes)
        check(now, in_full(now, (first if step % 2 else before).findings))
    check(now, first)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_change_changes_nothing(case):
    """As when somebody keeps a label: what is decided changes, and no label does."""
    first = begun(made(case))
    check(followed(first, {}), first)


def test_the_only_item_of_a_class_goes_and_comes_back():
    first = begun(made(Case(18054, 246, 2, k=40, clustered=False, copies=0.4, blank=0, single=True)))
    (item,) = np.flatnonzero(first.inputs.labels == 1).tolist()
    back = followed(followed(first, {item: 0}), {item: 1})
    np.testing.assert_allclose(back.combined.p_error, first.combined.p_error, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def begun_digits():
    inputs, truth = digits()
    return begun(inputs), truth


def test_thirty_relabels_of_digits_and_back(begun_digits):
    first, truth = begun_digits
    assert first.combined.calibrated
    rng = np.random.default_rng(0)
    now = first
    ranked = np.argsort(-np.nan_to_num(first.combined.p_error, nan=-1))
    for step in range(30):
        if step % 3:  # a correction of what leads the list
            items = ranked[step : step + 1]
            changes = {int(i): int(truth[i]) for i in items}
        else:
            changes = codes_for(rng, now, rng.choice(now.inputs.n, 1 + 20 * (step == 15), replace=False))
        now = followed(now, changes)
        if step % 5 == 4:
            check(now, in_full(now, first.findings))
    old, new = now.inputs.labels, first.inputs.labels
    back = followed(now, {int(i): int(new[i]) for i in np.flatnonzero(old != new)})
    check(back, first)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    seed=seeds,
    n=st.one_of(large, small),
    n_classes=st.integers(2, 6),
    k=st.sampled_from([8, 3, 15, 40]),
    tied=st.booleans(),
    more=st.booleans(),
)
def test_numbering_the_items_otherwise_changes_nothing(seed, n, n_classes, k, tied, more):
    """Run, combined and followed: every item keeps what it had. Only `non_iid` is about the order."""
    shape = {"graph": "random", "copies": 0.3} if tied else {"copies": 0.0}
    inputs = made(Case(seed, n, n_classes, k=k, trusted=more, twice=more, trained=more, **shape))
    other, order = renumbered(inputs, seed)
    if not tied:  # the search finds the same neighbours
        again = graph.build(other.vectors, k, ids=order)
        np.testing.assert_array_equal(again.indices, other.graph.indices)
        np.testing.assert_array_equal(again.similarity, other.graph.similarity)
    one, two = begun(inputs), begun(other)
    same_but_for_numbers(one, two, order, tied)
    place = np.argsort(order)
    rng = np.random.default_rng(seed)
    changes = codes_for(rng, one, rng.choice(n, 3, replace=False))
    moved = {int(place[i]): code for i, code in changes.items()}
    same_but_for_numbers(followed(one, changes), followed(two, moved), order, tied)


def same_but_for_numbers(one, two, order, tied):
    one = reordered(one, order)
    for name, result in one.findings.results.items():
        if name != "non_iid":
            mine = replace(two.findings.results[name], pairs=None)
            same(name, result, mine, atol=1e-4 if name == "graphcleaner" else 1e-5)
    # Which of two items with the same evidence is flipped to learn from depends on their numbers.
    same_verdict(one.combined, two.combined, np.ones(one.inputs.n, bool), atol=0.05 if tied else 1e-5)


def codes_for(rng, state, items):
    """Draw another label for some items, -1 among them."""
    k = state.inputs.n_classes
    codes = (state.inputs.labels[items] + 1 + rng.integers(1, k + 1, len(items))) % (k + 1) - 1
    return dict(zip(items.tolist(), codes.tolist(), strict=True))
