"""The one shape of an error, the same as that of the helper's: what happened, where, and what to do or type."""

def refuse(what, *, where, fix):
    """Fails with a message whose last lines say what to do.

    Args:
        what: what happened, with the label of the target where there is one.
        where: the attribute, file or repository that it is about.
        fix: what to do or type; more lines than one are indented by four blanks.
    """
    fail(_message(what, where, fix))

def refuse_target(ctx, error):
    """Fails as `refuse` does, with an error about a target that somebody else has found.

    Args:
        ctx: of the target's rule, or of an aspect on it.
        error: struct(what, where, fix), see `refuse`.
    """
    refuse("{}: {}".format(ctx.label, error.what), where = error.where, fix = error.fix)

def refuse_when_built(ctx, outputs, what, *, where, fix):
    """Declares an action that fails with such a message: `query` and analysis go on, and only who needs the outputs sees it.

    Args:
        ctx: of the rule.
        outputs: list of declared Files.
        what: see `refuse`.
        where: see there.
        fix: see there.
    """
    ctx.actions.run_shell(
        outputs = outputs,
        command = "printf '%s' \"$1\" >&2; exit 1",
        arguments = [_message(what, where, fix)],
        mnemonic = "PySdistRefused",
        progress_message = "Refusing {}".format(ctx.label),
        toolchain = None,
    )

def _message(what, where, fix):
    message = "\n\n{}\n  where: {}\n  fix:   {}\n".format(what, where, fix)
    return message.replace("@@//", "//")  # labels of the workspace as people write them
