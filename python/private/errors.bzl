"""The one shape of an error, the same as that of the helper's: what happened, where, and what to do or type."""

def refuse(what, *, where, fix):
    """Fails with a message whose last lines say what to do.

    Args:
        what: what happened, with the label of the target where there is one.
        where: the attribute, file or repository that it is about.
        fix: what to do or type; more lines than one are indented by four blanks.
    """
    message = "\n\n{}\n  where: {}\n  fix:   {}\n".format(what, where, fix)
    fail(message.replace("@@//", "//"))  # labels of the workspace as people write them
