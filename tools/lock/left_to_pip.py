"""What a swap leaves to rules_python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import UserError
from lock.inputs.read import read_inputs

if TYPE_CHECKING:
    from lock.options import Options
    from lock.pinned import Pinned


def left_to_pip(options: Options) -> dict[str, str]:
    """The distributions that rules_python goes on making: those named by hand, and those that can't be locked.

    Args:
        options: the command line.

    Returns:
        why, by name, sorted; empty where nothing is swapped.

    Raises:
        UserError: a name that no input has.
    """
    if not options.swap:
        return {}
    pins = [pin for path in options.inputs for pin in read_inputs(path)]
    for name in sorted(options.leave_to_pip - {pin.name for pin in pins}):
        raise UserError(
            f"{name} is to be left to pip, but is not among the requirements.",
            where="--leave-to-pip",
            fix="Leave the option out, or correct the name.",
        )
    found = dict.fromkeys(options.leave_to_pip, "--leave-to-pip")
    found.update({pin.name: pin.refusal[0] for pin in pins if pin.refusal})
    return dict(sorted(found.items()))


def check_locked(pin: Pinned) -> None:
    """Raises the error of a pin that can't be locked."""
    if pin.refusal and not pin.hashes and not pin.git:
        what, where, fix = pin.refusal
        raise UserError(what, where=where, fix=fix)
