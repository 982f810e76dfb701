"""How a statement's key can come from the rows of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.graphs.graph import QueryGraph
from advisor.model.catalog import Catalog
from advisor.model.stream import KeyLink
from advisor.stream.links import families, kinds, matching
from advisor.stream.links.reading import Key, Reading, read
from advisor.stream.links.schema import Schema


class Links:
    """Links between statements by fingerprint, from their query graphs and what catalogs declare.

    Works without a catalog: then names are the evidence, and what only a catalog tells is None. Answers are cached;
    they do not depend on the order of the graphs.
    """

    def __init__(self, graphs: Mapping[str, QueryGraph], catalogs: Sequence[Catalog] = ()) -> None:
        self.graphs = graphs
        self.schema = Schema(graphs, catalogs)
        self._readings: dict[str, Reading] = {}
        self._links: dict[tuple[str, str], KeyLink | None] = {}
        self._keys: dict[Key, Key] = {}
        self._kinds: dict[str, kinds.ChildKind | None] = {}
        self._families: dict[str, str] = {}
        self._singles: dict[str, bool | None] = {}

    def of(self, parent: str, child: str) -> KeyLink | None:
        """The best way in which the child's key comes from the parent's rows; None where there is none."""
        pair = (parent, child)
        if pair not in self._links:
            self._links[pair] = self._find(parent, child)
        return self._links[pair]

    def _find(self, parent: str, child: str) -> KeyLink | None:
        if parent not in self.graphs or child not in self.graphs:
            return None
        if self.kind(parent) in ("count", "exists", "aggregate"):
            return None  # its row holds no column of a table
        return matching.best(
            self.schema,
            parent,
            child,
            self._reading(parent),
            self._reading(child),
            self.kind(child),
            self.single(parent),
        )

    def family(self, fingerprint: str) -> str:
        """A name that shapes share which differ in LIMIT, OFFSET or the length of an IN list only."""
        if fingerprint not in self._families:
            graph = self.graphs.get(fingerprint)
            self._families[fingerprint] = (families.family(graph) if graph is not None else None) or fingerprint
        return self._families[fingerprint]

    def kind(self, fingerprint: str) -> kinds.ChildKind | None:
        """What sort of question it is; None where it reads and writes no rows, or was not analysed."""
        if fingerprint not in self._kinds:
            graph = self.graphs.get(fingerprint)
            self._kinds[fingerprint] = kinds.kind(graph) if graph is not None else None
        return self._kinds[fingerprint]

    def single(self, fingerprint: str) -> bool | None:
        """Whether it gives at most one row; None where that is not known.

        Without the table's keys an equality on `id` is taken to pin one row.
        """
        if fingerprint not in self._singles:
            graph = self.graphs.get(fingerprint)
            told = kinds.single(graph) if graph is not None else None
            if told is None and graph is not None and graph.kind == "select":
                told = self._single_by_name(fingerprint)
            self._singles[fingerprint] = told
        return self._singles[fingerprint]

    def _single_by_name(self, fingerprint: str) -> bool | None:
        reading = self._reading(fingerprint)
        if len(reading.sources) != 1:
            return None
        table = reading.sources[0].table
        pinned = any(
            key.depth == 0
            and not key.listed
            and key.spot.table == table
            and self.schema.keys(table) is None
            and self.schema.unique(key.spot)
            for key in reading.keys
        )
        return True if pinned else None

    def keyed(self, fingerprint: str) -> bool:
        """Whether it compares a column with one value (or sets one, for an INSERT)."""
        if fingerprint not in self.graphs:
            return False
        return any(key.depth == 0 for key in self._reading(fingerprint).keys)

    def completes(self, parent: str, child: str) -> bool:
        """Whether the child reads, by their key, columns that the parent left out, and no others: deferred columns,
        or only rows of other tables that are joined to the parent's.

        A page of details reads the row as a whole, with what the list had shown.
        """
        link = self.of(parent, child)
        if link is None or link.kind != "own_key":
            return False
        ends = [
            next((s for s in self._reading(name).sources if s.table == link.child_table), None)
            for name in (parent, child)
        ]
        if ends[1] is not None and not ends[1].starred and not ends[1].shown and self.kind(child) == "select":
            return any(source.shown for source in self._reading(child).sources)  # only what is joined to the row
        if ends[0] is None or ends[1] is None or ends[0].starred or ends[1].starred:
            return False
        key = {link.child_column}
        had, reads = ends[0].shown - key, ends[1].shown - key
        return bool(had) and bool(reads) and not had & reads

    def limit(self, fingerprint: str) -> int | None:
        """Its LIMIT, where the text that the graph was built from has the value."""
        graph = self.graphs.get(fingerprint)
        return kinds.limit(graph) if graph is not None else None

    def tables(self, fingerprint: str) -> tuple[str, ...]:
        """Tables and views that it mentions, in order of first mention."""
        graph = self.graphs.get(fingerprint)
        return graph.tables if graph is not None else ()

    def locks(self, fingerprint: str) -> bool:
        """Whether it reads rows to change them (FOR UPDATE). False where it was not analysed."""
        graph = self.graphs.get(fingerprint)
        return graph is not None and any(scope.locking == "for_update" for scope in graph.scopes)

    def noise(self, fingerprint: str) -> bool:
        """Whether it is of the driver, the pool or a monitor. False where it was not analysed."""
        graph = self.graphs.get(fingerprint)
        return kinds.noise(graph) if graph is not None else False

    def _reading(self, fingerprint: str) -> Reading:
        if fingerprint not in self._readings:
            reading = read(self.graphs[fingerprint])
            # One object for equal keys: what is possible for one of them is remembered for all.
            keys = tuple(self._keys.setdefault(key, key) for key in reading.keys)
            self._readings[fingerprint] = replace(reading, keys=keys)
        return self._readings[fingerprint]
