"""Pictures for tests, drawn from short notes or from a seed."""

from collections.abc import Iterable
from random import Random

from hypothesis import strategies as st

from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Edge, Node, Picture, picture

HOSTILE = [
    "</text><script>alert(1)</script>",
    '" onload="alert(1)',
    "]]>&lt;&amp;&#x41;<!--",
    "nul\x00esc\x1b￾\ud800",
    "\u202egnp.exe",
    "'\\\"\\",
]
STATUSES = ["released", "held", "recalled", "expired", "", "pending_inspection"]


def sketch(ways: str, start: str) -> Picture:
    """`a>b a>c`: nodes by their names, with distances from the start."""
    pairs = [tuple(way.split(">")) for way in ways.split()]
    edges = [Edge(source, target) for source, target in pairs]
    near = distances(edges, start)
    return picture([Node(name, distance=near.get(name, 1)) for pair in pairs for name in pair], edges)


def distances(edges: Iterable[Edge], start: str) -> dict[str, int]:
    """Signed, as an answer in both directions gives them; what is met both ways keeps the nearer one."""
    known = tuple(edges)
    near = {start: 0}
    for sign in (1, -1):
        met, level, steps = {start}, {start}, 0
        while level:
            steps += 1
            ends = [(edge.source, edge.target) if sign > 0 else (edge.target, edge.source) for edge in known]
            level = {end for begin, end in ends if begin in level} - met
            met |= level
            for name in level:
                near[name] = min(near.get(name, sign * steps), sign * steps, key=abs)
    return near


def star(size: int) -> Picture:
    """One batch that went into many, of seven enterprises."""
    nodes = [
        Node(f"b{number:05}", party=f"p{number % 7}", stage="retail", distance=1) for number in range(size)
    ]
    return picture([Node("a"), *nodes], [Edge("a", node.key) for node in nodes])


@st.composite
def pictures(draw: st.DrawFn, most: int = 24) -> Picture:
    """Any graph: circles, edges to oneself, parts without a start, and long layers."""
    size = draw(st.integers(1, most))
    names = [f"b{number}" for number in range(size)]
    ends = st.tuples(st.sampled_from(names), st.sampled_from(names))
    certainties = st.sampled_from(Certainty)
    pairs = draw(st.lists(ends, max_size=2 * size, unique=True))
    nodes = [
        Node(name, name.upper(), f"p{draw(st.integers(0, 3))}", stage=f"s{draw(st.integers(0, 2))}",
             status=draw(st.sampled_from(STATUSES)), certainty=draw(certainties),
             distance=draw(st.integers(-3, 3)), gaps=draw(st.integers(0, 2)))
        for name in names
    ]  # fmt: skip
    return picture(nodes, [Edge(*pair, draw(certainties)) for pair in pairs])


def supply(random: Random, size: int, stages: int = 7) -> Picture:
    """A supply chain of some stages: most edges lead to the next one, some further and some back."""
    layers = [[f"b{number:05}" for number in range(stage, size, stages)] for stage in range(stages)]
    pairs = set()
    for stage in range(1, stages):
        for target in layers[stage]:
            pairs |= {
                (source, target)
                for source in random.sample(layers[stage - 1], min(2, len(layers[stage - 1])))[
                    : random.choice([1, 1, 2])
                ]
            }
        pairs |= {(random.choice(layers[0]), target) for target in layers[stage][::20]}
        pairs |= {(random.choice(layers[-1]), target) for target in layers[stage][::30]}
    nodes = [
        Node(name, f"L2026-{name}", f"p{random.randrange(9)}", "光明乳业有限公司", f"s{stage}",
             random.choice(STATUSES), random.choice([*Certainty, Certainty.RECORDED]), stage - stages // 2)
        for stage, layer in enumerate(layers)
        for name in layer
    ]  # fmt: skip
    return picture(nodes, [Edge(*pair) for pair in sorted(pairs)])
