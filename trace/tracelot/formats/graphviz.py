"""A trace in the DOT language of Graphviz, for reports and other programs."""

from tracelot.formats.drawing_words import Words, told, weight_of
from tracelot.rules.layering import layered
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Edge, Node, Picture

_LINES = {Certainty.RECORDED: "solid", Certainty.ONE_SIDED: "dashed", Certainty.POSSIBLE: "dotted"}


def dot(shown: Picture, words: Words) -> str:
    """The same nodes, edges and layers as in the drawing."""
    layers = layered(shown)
    numbers = {node.key: number for number, node in enumerate(shown.nodes)}
    lines = ["digraph trace {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  n{numbers[node.key]} [{_node(node, words)}];" for node in shown.nodes]
    for row in layers.rows:
        lines.append("  { rank=same; " + " ".join(f"n{numbers[key]};" for key in row) + " }")
    for edge in shown.edges:
        back = (edge.source, edge.target) in layers.back
        lines.append(f"  n{numbers[edge.source]} -> n{numbers[edge.target]} [{_edge(edge, back=back)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node, words: Words) -> str:
    peripheries = ", peripheries=2" if node.distance == 0 and node.kind != "knot" else ""
    return f"label={_quoted(told(node, words))}, style={_LINES[node.certainty]}{peripheries}"


def _edge(edge: Edge, *, back: bool) -> str:
    weight = weight_of(edge)
    label = f", label={_quoted(weight)}" if weight else ""
    return f"style={_LINES[edge.certainty]}{label}{', constraint=false' if back else ''}"


def _quoted(text: str) -> str:
    """A string of DOT: a backslash or quote is only itself, a line stays one line."""
    plain = " ".join(text.split())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
