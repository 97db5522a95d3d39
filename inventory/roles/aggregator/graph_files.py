"""The graph's two files, written in a pass of their own over the inventory.

An edge tells whether the inventory has its target, so all OCIDs must be known before the first edge; the pass
before this one collects them. The compartments that no record describes are few; they are held, and put where
their OCIDs belong. What fails while facts are collected costs these two files alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from inventory.exports.graph import Graph, GraphFacts, TypeOfKind
from inventory.model.compartments import CompartmentTree
from inventory.model.record import Record
from inventory.stages.gzip_members import GzipMembers

NODES = "graph_nodes.jsonl.gz"
EDGES = "graph_edges.jsonl.gz"
GRAPH_FILES = (NODES, EDGES)


class CollectedFacts:
    """What the graph must know of all records; a failure is kept for when the graph is made."""

    def __init__(self, capacity: int) -> None:
        self._facts = GraphFacts(capacity)
        self._failure: Exception | None = None

    def add(self, record: Record) -> None:
        """Take a record."""
        if self._failure is None:
            try:
                self._facts.add(record)
            except Exception as exc:  # one file's failure, foreseen or not, must not end the run
                self._failure = exc

    def graph(self, tree: CompartmentTree | None, type_of_kind: TypeOfKind) -> Callable[[], Graph]:
        """A function that makes the graph, once, and raises what has failed."""

        @cache
        def make() -> Graph:
            if self._failure is not None:
                raise self._failure
            return Graph(self._facts, tree, type_of_kind=type_of_kind)

        return make


class _GraphContent:
    """A file of lines in the order of the nodes; takes the inventory's records in theirs."""

    def __init__(self, make_graph: Callable[[], Graph]) -> None:
        self.count = 0
        self._make_graph = make_graph
        self._undescribed: deque[str] = deque()
        self._packed = GzipMembers()

    def start(self) -> bytes:
        self._undescribed.extend(self._make_graph().undescribed)
        return b""

    def add(self, record: Record) -> bytes:
        ocid = record["ocid"]
        if not ocid:
            return b""
        return self._feed([*self._until(ocid), *self._of_record(self._make_graph(), record)])

    def finish(self) -> Iterator[bytes]:
        yield self._feed([*self._until(None)])
        yield self._packed.finish()

    def _feed(self, lines: list[bytes]) -> bytes:
        self.count += len(lines)
        return self._packed.feed(b"".join(lines))

    def _until(self, ocid: str | None) -> Iterator[bytes]:
        while self._undescribed and (ocid is None or self._undescribed[0] < ocid):
            yield from self._of_undescribed(self._make_graph(), self._undescribed.popleft())

    def _of_record(self, graph: Graph, record: Record) -> Iterable[bytes]:
        raise NotImplementedError

    def _of_undescribed(self, graph: Graph, ocid: str) -> Iterable[bytes]:
        raise NotImplementedError


class GraphNodesContent(_GraphContent):
    """`graph_nodes.jsonl.gz`: one line per node, sorted by OCID."""

    def _of_record(self, graph: Graph, record: Record) -> Iterable[bytes]:
        yield graph.node_line(record)

    def _of_undescribed(self, graph: Graph, ocid: str) -> Iterable[bytes]:
        yield graph.undescribed_node_line(ocid)


class GraphEdgesContent(_GraphContent):
    """`graph_edges.jsonl.gz`: one line per edge, sorted by (source, relation, target)."""

    def _of_record(self, graph: Graph, record: Record) -> Iterable[bytes]:
        return graph.edge_lines(record)

    def _of_undescribed(self, graph: Graph, ocid: str) -> Iterable[bytes]:
        return graph.undescribed_edge_lines(ocid)
