"""What the converters of trees leave out: where missing values go, and over how many trees LightGBM takes the mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lazuli.ml.onnx.prepared import parts

__all__ = ["count_trees", "track_missing"]

_Shape = tuple[tuple[int, ...], ...]
"""The inner nodes of a tree: place, feature, and the two nodes below. By it a tree is found again in the graph."""


def track_missing(graph: Any, model: Any) -> None:
    """Send missing values in the graph's trees the way that the trees of ``model`` send them."""
    ways: dict[_Shape, set[tuple[int, ...]]] = defaultdict(set)
    for part in parts(model):
        tree: Any = getattr(part, "tree_", None)
        if hasattr(tree, "missing_go_to_left"):
            shape = _shape_of_tree(tree)
            ways[shape].add(tuple(int(tree.missing_go_to_left[place]) for place, *_ in shape))
    for node in graph.node:
        if ways and node.op_type.startswith("TreeEnsemble"):
            _track(node, ways)


def count_trees(graph: Any, model: Any) -> None:
    """Take the mean of LightGBM's random forests over the trees that there are: its converter always says 100."""
    counts = {
        part.booster_.current_iteration()
        for part in parts(model)
        if getattr(part, "boosting_type", "") == "rf" and part.__sklearn_is_fitted__()
    }
    divisors = {node.input[1] for node in graph.node if node.op_type == "Div"}
    for tensor in graph.initializer:
        if len(counts) == 1 and tensor.name in divisors and list(tensor.float_data) == [_SAID]:
            tensor.float_data[0] = counts.copy().pop()


_SAID = 100.0


def _shape_of_tree(tree: Any) -> _Shape:
    inner = (place for place in range(tree.node_count) if tree.children_left[place] > place)
    return tuple(
        (place, int(tree.feature[place]), int(tree.children_left[place]), int(tree.children_right[place]))
        for place in inner
    )


def _track(node: Any, ways: dict[_Shape, set[tuple[int, ...]]]) -> None:
    said = {attribute.name: attribute for attribute in node.attribute}
    tracks = said.get("nodes_missing_value_tracks_true")
    if tracks is None:
        return
    for shape, places in _shapes(said):
        found = ways.get(shape, set())
        if len(found) == 1:  # else two trees of one shape differ, and the check tells
            for place, way in zip(places, next(iter(found))):
                tracks.ints[place] = way


def _shapes(said: dict[str, Any]) -> Iterator[tuple[_Shape, list[int]]]:
    """The shape of each tree in a node of the graph, and where its inner nodes stand in the node's lists."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, tree in enumerate(said["nodes_treeids"].ints):
        if said["nodes_modes"].strings[place] != b"LEAF":
            places[tree].append(place)
    words = ("nodes_nodeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids")
    for inner in places.values():
        inner.sort(key=lambda place: said["nodes_nodeids"].ints[place])
        yield tuple(tuple(said[word].ints[place] for word in words) for place in inner), inner
