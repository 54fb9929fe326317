"""Shortest ways from a direct dependency."""

from __future__ import annotations

import random

from osgate.intake.graph import MAX_STEPS, shortest_paths
from osgate.model.dependency import Dependency


def node(name: str, *parents: str, direct: bool | None = False) -> Dependency:
    return Dependency(name, "", name, "f", parents=parents, direct=direct)


def test_the_shortest_way_and_of_equals_the_first_by_name() -> None:
    graph = [
        node("z", direct=True),
        node("y", direct=True),
        node("m", "y", "z"),
        node("n", "z"),
        node("t", "m", "n"),
        node("far", "t"),
    ]
    rng = random.Random(4)
    for _ in range(20):
        rng.shuffle(graph)
        assert shortest_paths(graph, {"t", "far", "y"}) == {"t": ("y", "m"), "far": ("y", "m", "t"), "y": ()}


def test_children_of_one_parent_are_taken_by_name() -> None:
    graph = [node("a", direct=True), node("q", "a"), node("p", "a"), node("t", "q", "p")]
    for order in (graph, graph[::-1]):
        assert shortest_paths(order, ["t"]) == {"t": ("a", "p")}


def test_a_shorter_way_beats_an_earlier_name() -> None:
    graph = [node("a", direct=True), node("b", "a"), node("c", "b"), node("z", direct=True), node("t", "c", "z")]
    assert shortest_paths(graph, ["t"]) == {"t": ("z",)}


def test_cycles_and_loose_ends_are_walked_once() -> None:
    loop = [node("a", "c", direct=True), node("b", "a", "b"), node("c", "b")]
    graph = [*loop, node("loose", "gone"), node("x", "y"), node("y", "x")]
    assert shortest_paths(graph, ["c", "loose", "x", "nowhere"]) == {
        "c": ("a", "b"),
        "loose": (),
        "x": (),
        "nowhere": (),
    }


def test_nothing_is_told_where_nothing_is_known_to_be_direct() -> None:
    assert shortest_paths([node("a", direct=None), node("b", "a")], ["b"]) == {"b": ()}


def test_a_long_chain_needs_no_recursion() -> None:
    chain = [node("0", direct=True), *(node(str(i), str(i - 1)) for i in range(1, 30_000))]
    told = shortest_paths(chain, ["29999"])["29999"]
    assert told == tuple(str(i) for i in range(29_999 - MAX_STEPS, 29_999)), "the last steps of the way"
