from __future__ import annotations

import pytest

from isolation.network import can_leave_network
from lock.shut_in import why_not_shut_in


@pytest.mark.parametrize("leaves", [True, False])
def test_a_system_that_does_not_shut_backends_in_is_named_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], leaves: bool
) -> None:
    monkeypatch.setattr("lock.shut_in.why_not_closed", lambda: "unshare: no")
    monkeypatch.setattr("lock.shut_in.network_is_off", lambda: False)
    monkeypatch.setattr("lock.shut_in.can_leave_network", lambda: leaves)
    assert why_not_shut_in(tell=True) == "unshare: no"
    said = capsys.readouterr().err
    assert said.startswith("NOTE: this system does not let `lock` close the code of sdists in (unshare: no)")
    assert ("reaches the network" in said) == (not leaves)
    assert said.count("\n") == 1
    assert why_not_shut_in(tell=False) == "unshare: no"
    monkeypatch.setattr("lock.shut_in.why_not_closed", lambda: "")
    assert why_not_shut_in(tell=True) == ""
    assert capsys.readouterr().err == ""


def test_a_system_without_namespaces_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS, where there is no `unshare` to be called: the child must not go on as the parent."""

    def leave() -> None:
        raise AttributeError("unshare")

    monkeypatch.setattr("isolation.network.leave_network", leave)
    assert can_leave_network() is False
