"""Places on a plain map: north is up, east is right, all of them inside, and near ones together."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.plotting import TOGETHER, plotted

spots = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    min_size=1,
    max_size=12,
)


@given(spots)
def test_every_place_stands_inside_the_map_and_none_hides_another(
    given_spots: dict[str, tuple[float, float]],
) -> None:
    plot = plotted(given_spots)
    assert plot is not None

    assert sorted(name for mark in plot.marks for name in mark.places) == sorted(given_spots)
    assert all(name in plot.marks[number].places for name, number in plot.of.items())
    for mark in plot.marks:
        assert 0 < mark.x < plot.width
        assert 0 < mark.y < plot.height
    for one, other in combinations(plot.marks, 2):
        assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 >= TOGETHER**2


@given(spots)
def test_north_is_up_and_east_is_right(given_spots: dict[str, tuple[float, float]]) -> None:
    for one, other in combinations(given_spots, 2):
        plot = plotted({name: given_spots[name] for name in (one, other)})
        assert plot is not None
        if plot.of[one] != plot.of[other]:
            first, second = plot.marks[plot.of[one]], plot.marks[plot.of[other]]
            across = (given_spots[one][0] - given_spots[other][0]) * (first.x - second.x)
            down = (given_spots[one][1] - given_spots[other][1]) * (first.y - second.y)
            assert across >= 0
            assert down <= 0


def test_the_net_has_round_degrees_and_its_lines_stand_where_they_say() -> None:
    plot = plotted({"Zhengyang": (114.38, 32.6), "Zhengzhou": (113.66, 34.75), "Wuhan": (114.29, 30.59)})
    assert plot is not None

    assert [degrees for _, degrees in plot.parallels] == [32, 34]
    heights = {degrees: y for y, degrees in plot.parallels}
    assert heights[34] < plot.marks[plot.of["Zhengyang"]].y < heights[32]
    assert len(plot.meridians) >= 2


def test_one_place_has_a_map_of_its_neighbourhood_and_no_place_has_none() -> None:
    plot = plotted({"Zhengyang": (114.38, 32.6)})

    assert plotted({}) is None
    assert plot is not None
    assert len(plot.marks) == 1
    assert 114.38 in [degrees for _, degrees in plot.meridians]
