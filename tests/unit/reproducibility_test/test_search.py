from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reproducibility_test import search
from reproducibility_test.conditions import TookTooLongError
from reproducibility_test.rebuild import Outcome
from reproducibility_test.search import Cause, Search
from reproducibility_test.variations import VARIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = tuple(variation.name for variation in VARIATIONS)
HELD = frozenset({"clock", "random_numbers", "address_layout"})


class Builder:
    """Makes outcomes of what is varied, what is held and the number of the build, instead of wheels."""

    def __init__(
        self,
        make: Callable[[frozenset[str], frozenset[str], int], str],
        *,
        holdable: frozenset[str] = HELD,
        most: int = 1000,
    ) -> None:
        self.builds = 0
        self.holdable = holdable
        self._make = make
        self._most = most

    def build(self, varied: frozenset[str], held: frozenset[str] = frozenset()) -> Outcome:
        self.builds += 1
        if self.builds > self._most:
            raise TookTooLongError
        return Outcome(None, self._make(varied, held, self.builds))


def causes(builder: Builder, *, most_builds: int = search.MOST_BUILDS) -> list[Cause]:
    built = Outcome(None, builder._make(frozenset(), frozenset(), 0))
    return Search(builder, most_builds).causes(built, builder.build(frozenset(NAMES)), NAMES)


def kinds(found: list[Cause]) -> list[tuple[str, tuple[str, ...]]]:
    return [(cause.kind, cause.names) for cause in found]


@pytest.mark.parametrize("name", NAMES)
def test_one_cause(name: str) -> None:
    builder = Builder(lambda varied, _held, _number: str(name in varied))
    assert kinds(causes(builder)) == [("variation", (name,))]
    assert builder.builds <= 11


def test_several_causes() -> None:
    guilty = {"clock", "host_name", "user"}
    builder = Builder(lambda varied, _held, _number: str(sorted(varied & guilty)))
    assert kinds(causes(builder)) == [("variation", (name,)) for name in sorted(guilty)]


@pytest.mark.parametrize("name", sorted(HELD))
def test_what_differs_by_itself(name: str) -> None:
    builder = Builder(lambda _varied, held, number: "held" if name in held else str(number))
    found = causes(builder)
    assert kinds(found) == [("varying", (name,))]
    assert found[0].a.sha256 == "held"


def test_what_differs_by_itself_hides_nothing_else() -> None:
    def make(varied: frozenset[str], held: frozenset[str], number: int) -> str:
        return ("held" if "random_numbers" in held else str(number)) + str("user" in varied)

    assert kinds(causes(Builder(make))) == [("varying", ("random_numbers",)), ("variation", ("user",))]


def test_chance() -> None:
    builder = Builder(lambda _varied, _held, number: str(number))
    assert kinds(causes(builder)) == [("unrepeatable", ())]


def test_chance_where_nothing_can_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_OTHER_SECOND", 0)
    builder = Builder(lambda _varied, _held, number: str(number), holdable=frozenset())
    assert kinds(causes(builder)) == [("unrepeatable", ())]


def test_only_together() -> None:
    builder = Builder(lambda varied, _held, _number: str({"clock", "user"} <= varied))
    ((kind, names),) = kinds(causes(builder))
    assert kind == "together"
    assert {"clock", "user"} <= set(names)


def test_elsewhere() -> None:
    builder = Builder(lambda _varied, _held, number: "Bazel's" if number == 0 else "ours")
    assert kinds(causes(builder)) == [("elsewhere", ())]


def test_number_of_builds_is_bounded() -> None:
    builder = Builder(lambda varied, _held, _number: str(sorted(varied)))
    found = causes(builder, most_builds=10)
    assert builder.builds == 10
    assert found[-1].kind == "unfinished"
    assert found[-1].names


@pytest.mark.parametrize("most", range(1, 9))
def test_time_is_bounded(most: int) -> None:
    builder = Builder(lambda varied, _held, _number: str("kernel" in varied), most=most)
    (found,) = causes(builder)
    assert found.kind == "unfinished"
    assert "kernel" in found.names


def test_no_time_to_look_for_more() -> None:
    builder = Builder(lambda varied, _held, _number: str("kernel" in varied), most=9)
    others = tuple(name for name in NAMES if name != "kernel")
    assert kinds(causes(builder)) == [("variation", ("kernel",)), ("unfinished", others)]


def test_failures_are_one_outcome() -> None:
    assert Outcome(None, "", "at /a").same_as(Outcome(None, "", "at /b"))
    assert not Outcome(None, "", "at /a").same_as(Outcome(None, "1"))
