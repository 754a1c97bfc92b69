"""The same walk by graph libraries, and by a compiled kernel over the index's own arrays."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tracelot.index.adjacency import Adjacency

SOURCE = r"""
#include <stdint.h>
int64_t walk(const int32_t *pointers, const int32_t *to, int32_t start, int64_t nodes, uint8_t *seen,
             int32_t *order, int32_t *distance, int32_t *source, int64_t *place, int64_t *edges) {
    int64_t head = 0, tail = 0, count = 0;
    seen[start] = 1; order[tail] = start; distance[tail++] = 0;
    while (head < tail) {
        int32_t node = order[head], next = distance[head++] + 1;
        for (int32_t at = pointers[node]; at < pointers[node + 1]; at++) {
            int32_t other = to[at];
            source[count] = node; place[count++] = at;
            if (other >= 0 && !seen[other]) { seen[other] = 1; order[tail] = other; distance[tail++] = next; }
        }
    }
    for (int64_t one = 0; one < tail; one++) seen[order[one]] = 0;
    *edges = count;
    return tail;
}
"""
Walk = Callable[[int], tuple[Any, Any, Any]]


def compiled(adjacency: Adjacency, folder: Path) -> Walk | None:
    """A walk in C; None where there is no compiler. The chains have no junctions."""
    compiler = shutil.which("cc")
    if compiler is None or adjacency.junctions:
        return None
    (folder / "walk.c").write_text(SOURCE)
    command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", "walk.so", "walk.c"]
    subprocess.run(command, check=True, cwd=folder)  # noqa: S603
    function = ctypes.CDLL(str(folder / "walk.so")).walk
    function.restype = ctypes.c_int64
    way, nodes = adjacency.forward, adjacency.stocks
    seen, order, distance = np.zeros(nodes, np.uint8), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    source, place = np.zeros(len(way.to), np.int32), np.zeros(len(way.to), np.int64)
    count = ctypes.c_int64()
    kept = (seen, order, distance, source, place)  # as long as the walk is
    arrays = [ctypes.c_void_p(one.ctypes.data) for one in (way.pointers, way.to)]
    outputs = [ctypes.c_void_p(one.ctypes.data) for one in kept]

    def walk(start: int) -> tuple[Any, Any, Any]:
        order, distance, source, place = kept[1:]
        met = function(*arrays, ctypes.c_int32(start), ctypes.c_int64(nodes), *outputs, ctypes.byref(count))
        places = place[: count.value]
        return (
            order[:met].copy(),
            distance[:met].copy(),
            (source[: count.value].copy(), way.to[places], way.via[places] >> 1),
        )

    return walk


def pairs(adjacency: Adjacency) -> Any:
    """The entries as pairs of stocks."""
    way = adjacency.forward
    source = np.repeat(np.arange(adjacency.stocks, dtype=np.int32), np.diff(way.pointers))
    kept = way.to >= 0
    return np.stack((source[kept], way.to[kept]), axis=1)


def igraph(adjacency: Adjacency) -> Walk:
    import igraph as library  # noqa: PLC0415

    graph = library.Graph(n=adjacency.stocks, edges=pairs(adjacency), directed=True)

    def walk(start: int) -> tuple[Any, Any, Any]:
        order, layers, _ = graph.bfs(start, mode="out")
        distance = np.repeat(np.arange(len(layers) - 1), np.diff(layers))
        return order, distance, graph.induced_subgraph(order).get_edgelist()

    return walk


def rustworkx(adjacency: Adjacency) -> Walk:
    """Without distances, which it would count edge by edge in Python."""
    import rustworkx as library  # noqa: PLC0415

    graph = library.PyDiGraph()
    graph.add_nodes_from(range(adjacency.stocks))
    graph.extend_from_edge_list([tuple(pair) for pair in pairs(adjacency).tolist()])

    def walk(start: int) -> tuple[Any, Any, Any]:
        met = [start, *library.descendants(graph, start)]
        return met, None, graph.subgraph(met).edge_list()

    return walk
