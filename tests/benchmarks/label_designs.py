"""Five ways to keep a dataset's labels under version, behind one interface, for `label_store.py`.

Every design stores the same of a correction: item, label, rater, time, why, and the p_error that the rater saw.

- `Ours`: `explorer.labels`, one SQLite file, fsynced at every commit, each write checked against what the writer saw.
- `DeltaRows`, `LanceRows`: the label table is changed in place, by `merge` (with Delta's change data feed, and Lance's
  stable row ids, so that both can say what changed).
- `DeltaLog`, `LanceLog`: the label table is written once, and a table of corrections is appended to, one commit at a
  time; labels are read by letting the last correction of an item win. It also stores the label before, as ours does.

Neither rival fsyncs, nor checks what the writer saw. Tables are laid out by the packages' defaults.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

CLASSES = [f"class {i}" for i in range(10)]
WHY = "seen again"
P_ERROR = 0.93
FIELDS = {
    "item": pa.string,
    "label": pa.string,
    "rater": pa.string,
    "time": lambda: pa.timestamp("us", "UTC"),
    "why": pa.string,
    "p_error": pa.float64,
}


def ids_of(n: int) -> np.ndarray:
    """Item ids of ten characters, object [n]."""
    return np.array([f"item{i:06d}" for i in range(n)], dtype=object)


def base_labels(n: int) -> np.ndarray:
    """Given labels, object [n]."""
    return np.array(CLASSES, dtype=object)[np.arange(n) % len(CLASSES)]


def corrected(item: str, times: int = 1) -> str:
    """The label that an item gets the first, second … time that it is corrected."""
    return CLASSES[(int(item[4:]) + times) % len(CLASSES)]


def sizes(folder: Path) -> tuple[int, int]:
    """Bytes of all files in a folder: as long as they are, and as the disk gives them out (whole blocks)."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(s.st_size for s in found), sum(s.st_blocks * 512 for s in found)


class Ours:
    """The package's own label store."""

    def __init__(self, folder: str, n: int, sync: bool = True) -> None:
        from explorer.labels.storage import connection

        self.path = Path(folder) / "labels.labels.db"
        if not sync:
            pragmas = connection.settings

            def unsynced(db: Any) -> None:
                pragmas(db)
                db.execute("PRAGMA synchronous = OFF")

            connection.settings = unsynced
        self.open()
        hashes = [f"{i:016x}" for i in range(n)]
        frame = pd.DataFrame({"item_id": ids_of(n), "content_hash": hashes, "given_label": base_labels(n)})
        self.store.bind(frame, CLASSES, keyed=True)

    def open(self) -> None:
        """Forget everything that is in memory, and open what is on disk."""
        from explorer import labels

        if hasattr(self, "store"):
            self.store.close()
        self.store = labels.open(self.path, rater="ann")

    def correct(self, items: list[str], labels: list[str]) -> None:
        """Write one commit."""
        from explorer.labels import Edit

        evidence = {"p_error": P_ERROR}
        if len(items) == 1:
            seen = self.store.get(items[0]).event
            self.store.set(items[0], labels[0], expected=seen, why=WHY, evidence=evidence)
        else:
            edits = [Edit(i, "set", v, why=WHY, evidence=evidence) for i, v in zip(items, labels, strict=True)]
            self.store.apply(edits, kind="bulk")

    def mark(self, name: str) -> str:
        """Name the version there is now; return what finds it again."""
        self.store.tag(name)
        return name

    def labels(self, mark: str) -> Any:
        """The labels of all items at a mark."""
        return self.store.as_of(mark)

    def plain(self, found: Any) -> np.ndarray:
        """What `labels` returned as object [n], in the order of the ids."""
        return found.to_numpy(dtype=object)

    def blame(self, item: str) -> tuple[str, str, str]:
        """Label in force, rater and why, of one item now."""
        found = self.store.blame(item)
        return found.cell.value, found.decision.rater, found.decision.why

    def diff(self, a: str, b: str) -> pd.DataFrame:
        """Items whose label differs between two marks: item, old, new, rater, time, why."""
        return self.store.diff(a, b)


class Table:
    """What the four designs of the rivals share."""

    log = False

    def __init__(self, folder: str, n: int) -> None:
        self.folder, self.commits = Path(folder), 0
        self.current: dict[str, str] = {}  # what the writer of a log saw
        columns = {"item": ids_of(n), "label": base_labels(n)}
        if not self.log:
            columns |= {name: pa.nulls(n, kind()) for name, kind in list(FIELDS.items())[2:]}
        self.make(pa.table(columns))
        self.open()

    def rows(self, items: list[str], labels: list[str]) -> Any:
        """Corrections as an Arrow table; a log also has the label before and the number of the commit."""
        n = len(items)
        values = [items, labels, ["ann"] * n, [dt.datetime.now(dt.UTC)] * n, [WHY] * n, [P_ERROR] * n]
        columns = zip(FIELDS.items(), values, strict=True)
        table = pa.table({name: pa.array(value, kind()) for (name, kind), value in columns})
        if self.log:
            for item in items:
                self.current.setdefault(item, corrected(item, 0))
            table = table.append_column("old", pa.array([self.current[i] for i in items], pa.string()))
            table = table.append_column("commit", pa.array([self.commits] * n, pa.int64()))
            self.current.update(zip(items, labels, strict=True))
        self.commits += 1
        return table

    def plain(self, found: Any) -> np.ndarray:
        """What `labels` returned as object [n], in the order of the ids."""
        if self.log:
            return pd.Series(found, index=self.index).sort_index().to_numpy(dtype=object)
        return found.to_pandas().sort_values("item")["label"].to_numpy(dtype=object)

    # A log: the last correction wins

    def open(self) -> None:
        """Forget everything that is in memory, and open what is on disk."""
        self.index: pd.Index | None = None
        self.reopen()

    def joined(self, read_base: Any, corrections: Any) -> np.ndarray:
        """Lay the last correction of each item over the base, which is kept in memory as our snapshot is."""
        if self.index is None:
            base = read_base()
            self.index = pd.Index(base.column("item").to_numpy(zero_copy_only=False))
            self.base = base.column("label").to_numpy(zero_copy_only=False)
        last = corrections.sort_by("commit").to_pandas().drop_duplicates("item", keep="last")
        labels = self.base.copy()
        labels[self.index.get_indexer(last["item"])] = last["label"].to_numpy()
        return labels

    def changes(self, corrections: Any) -> pd.DataFrame:
        """The first old and the last new label of each item among corrections."""
        frame = corrections.sort_by("commit").to_pandas()
        last = frame.drop_duplicates("item", keep="last").set_index("item")
        first = frame.drop_duplicates("item", keep="first").set_index("item")["old"]
        table = last.assign(old=first).rename(columns={"label": "new"}).reset_index()
        return table.loc[table["old"] != table["new"], ["item", "old", "new", "rater", "time", "why"]]


class DeltaRows(Table):
    """A Delta table of labels, changed in place."""

    def make(self, table: Any) -> None:
        from deltalake import write_deltalake

        write_deltalake(self.folder / "t", table, configuration={"delta.enableChangeDataFeed": "true"})

    def reopen(self) -> None:
        from deltalake import DeltaTable

        self.table = DeltaTable(self.folder / "t")

    def correct(self, items: list[str], labels: list[str]) -> None:
        merge = self.table.merge(
            self.rows(items, labels), "t.item = s.item", source_alias="s", target_alias="t", streamed_exec=False
        )
        merge.when_matched_update_all().execute()

    def mark(self, _name: str) -> int:
        return self.table.version()  # Delta has no tags

    def labels(self, mark: int) -> Any:
        return query(self.version(mark), "SELECT item, label FROM t")

    def version(self, mark: int) -> Any:
        from deltalake import DeltaTable

        return DeltaTable(self.folder / "t", version=mark)

    def blame(self, item: str) -> tuple[str, str, str]:
        found = query(self.table, f"SELECT label, rater, why FROM t WHERE item = '{item}'")
        return tuple(found.to_pylist()[0].values())

    def diff(self, a: int, b: int) -> pd.DataFrame:
        frame = pa.table(self.table.load_cdf(starting_version=a + 1, ending_version=b)).to_pandas()
        frame = frame.sort_values("_commit_version")
        old = frame[frame["_change_type"] == "update_preimage"].drop_duplicates("item", keep="first").set_index("item")
        new = frame[frame["_change_type"] == "update_postimage"].drop_duplicates("item", keep="last").set_index("item")
        table = new.assign(old=old["label"]).rename(columns={"label": "new"}).reset_index()
        return table.loc[table["old"] != table["new"], ["item", "old", "new", "rater", "time", "why"]]


class DeltaLog(DeltaRows):
    """A Delta table of corrections, appended to."""

    log = True

    def make(self, table: Any) -> None:
        from deltalake import write_deltalake

        write_deltalake(self.folder / "base", table)
        empty = self.rows([], [])
        self.commits = 0
        write_deltalake(self.folder / "t", empty)

    def correct(self, items: list[str], labels: list[str]) -> None:
        from deltalake import write_deltalake

        write_deltalake(self.table, self.rows(items, labels), mode="append")

    def labels(self, mark: int) -> Any:
        from deltalake import DeltaTable

        corrections = query(self.version(mark), 'SELECT item, label, "commit" FROM t')
        return self.joined(lambda: query(DeltaTable(self.folder / "base"), "SELECT item, label FROM t"), corrections)

    def blame(self, item: str) -> tuple[str, str, str]:
        where = f"WHERE item = '{item}' ORDER BY \"commit\" DESC LIMIT 1"
        return tuple(query(self.table, f"SELECT label, rater, why FROM t {where}").to_pylist()[0].values())

    def diff(self, a: int, b: int) -> pd.DataFrame:
        return self.changes(query(self.version(b), f'SELECT * FROM t WHERE "commit" >= {a}'))


def query(table: Any, text: str) -> Any:
    """Ask a Delta table by SQL, which is faster than its Arrow dataset; an Arrow table with plain text columns."""
    from deltalake import QueryBuilder

    found = pa.table(QueryBuilder().register("t", table).execute(text))
    plain = [pa.field(f.name, pa.string() if f.type == pa.string_view() else f.type) for f in found.schema]
    return found.cast(pa.schema(plain))


class LanceRows(Table):
    """A Lance dataset of labels, changed in place. An index on the item made `merge` slower, so there is none."""

    def make(self, table: Any) -> None:
        import lance

        lance.write_dataset(table, self.folder / "t", enable_stable_row_ids=True)

    def reopen(self) -> None:
        import lance

        self.table = lance.dataset(self.folder / "t")

    def correct(self, items: list[str], labels: list[str]) -> None:
        self.table.merge_insert("item").when_matched_update_all().execute(self.rows(items, labels))

    def mark(self, name: str) -> str:
        self.table.tags.create(name, self.table.version)
        return name

    def labels(self, mark: str) -> Any:
        return self.table.checkout_version(mark).to_table(columns=["item", "label"])

    def blame(self, item: str) -> tuple[str, str, str]:
        found = self.table.to_table(columns=["label", "rater", "why"], filter=f"item = '{item}'")
        return tuple(found.to_pylist()[0].values())

    def diff(self, a: str, b: str) -> pd.DataFrame:
        later = self.table.checkout_version(b)
        then = self.table.checkout_version(a)
        new = later.delta(compared_against=then.version).get_updated_rows().read_all().to_pandas()
        items = ", ".join(f"'{i}'" for i in new["item"])
        old = then.to_table(columns=["item", "label"], filter=f"item IN ({items})").to_pandas().set_index("item")
        table = new.rename(columns={"label": "new"}).assign(old=old["label"].reindex(new["item"]).to_numpy())
        return table.loc[table["old"] != table["new"], ["item", "old", "new", "rater", "time", "why"]]


class LanceLog(LanceRows):
    """A Lance dataset of corrections, appended to."""

    log = True

    def make(self, table: Any) -> None:
        import lance

        lance.write_dataset(table, self.folder / "base")
        empty = self.rows([], [])
        self.commits = 0
        lance.write_dataset(empty, self.folder / "t")

    def correct(self, items: list[str], labels: list[str]) -> None:
        self.table.insert(self.rows(items, labels))

    def labels(self, mark: str) -> Any:
        import lance

        corrections = self.table.checkout_version(mark).to_table(columns=["item", "label", "commit"])
        return self.joined(lambda: lance.dataset(self.folder / "base").to_table(), corrections)

    def blame(self, item: str) -> tuple[str, str, str]:
        columns = ["label", "rater", "why", "commit"]
        found = self.table.to_table(columns=columns, filter=f"item = '{item}'").sort_by("commit").to_pylist()[-1]
        return found["label"], found["rater"], found["why"]

    def diff(self, a: str, b: str) -> pd.DataFrame:
        after = self.table.checkout_version(a).count_rows()
        rows = self.table.checkout_version(b)
        return self.changes(rows.to_table(offset=after))


def make(name: str, folder: str, n: int) -> Any:
    """Make a design in a folder of its own, with n labelled items."""
    os.makedirs(folder)
    options = {"sync": False} if name == "ours, no fsync" else {}
    return DESIGNS[name](folder, n, **options)


DESIGNS: dict[str, Any] = {
    "ours": Ours,
    "ours, one by one": Ours,
    "ours, no fsync": Ours,
    "Delta, log": DeltaLog,
    "Delta, in place": DeltaRows,
    "Lance, log": LanceLog,
    "Lance, in place": LanceRows,
}
