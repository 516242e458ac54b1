"""The test that a swap is complete."""

_OK = """\
#!/bin/sh
echo "@{hub}: {count} from rules_sdist{left}."
"""

_MISSING = """\
#!/bin/sh
cat <<'END'
ERROR: these do not come from rules_sdist, but from rules_python, by pip or from the index:
  {missing}
  where: @{hub}
  fix:   {fix}
END
exit 1
"""

def spoke_names(hub, text):
    """The repositories of distributions that a BUILD file of rules_python's hub names.

    Args:
        hub: the hub's name.
        text: the BUILD file; all we count on is that names stand in quotes, as labels or bare.

    Returns:
        list of names, each once.
    """
    names = {}
    for quoted in text.split("\"")[1::2]:
        name = quoted.partition("//")[0].replace("+", "~").split("~")[-1].lstrip("@")
        if name.startswith(hub + "_") and not [char for char in name.elems() if not (char.isalnum() or char in "_.-")]:
            names[name] = True
    return names.keys()

def goes_to_pip(name):
    """Whether rules_python makes a repository with pip: neither sdist nor, by its digest, wheel of the index."""
    parts = name.split("_")
    return "sdist" in parts or not [part for part in parts if len(part) == 8 and not part.strip("0123456789abcdef")]

def _foreign(ctx, target):
    """The repositories, other than ours, in which the wheels of a target were made."""
    own = ctx.label.repo_name
    owners = {file.owner.repo_name: True for file in target[DefaultInfo].files.to_list() if file.extension == "whl"}
    return [owner.replace("+", "~").split("~")[-1] for owner in owners if not owner.startswith(own)]

def _impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    foreign = [name for target in ctx.attr.wheels for name in _foreign(ctx, target)]
    missing = sorted({name: True for name in ctx.attr.missing + foreign}.keys())
    ctx.actions.write(script, (_MISSING if missing else _OK).format(
        count = len(ctx.attr.wheels),
        fix = ctx.attr.fix,
        hub = ctx.attr.hub,
        left = "; left to pip: " + ", ".join(ctx.attr.left_to_pip) if ctx.attr.left_to_pip else "",
        missing = "\n  ".join(missing),
    ), is_executable = True)
    return [DefaultInfo(executable = script)]

swap_check_test = rule(
    implementation = _impl,
    doc = "Fails when rules_python makes a distribution that ours should: asks each wheel where it comes from.",
    attrs = {
        "fix": attr.string(doc = "What to do.", mandatory = True),
        "hub": attr.string(doc = "The name of rules_python's hub.", mandatory = True),
        "left_to_pip": attr.string_list(doc = "Distributions that are meant to come from pip."),
        "missing": attr.string_list(doc = "Repositories that pip makes and nobody has swapped: they are not asked, for that starts pip."),
        "wheels": attr.label_list(doc = "The wheels of rules_python's hub that should be ours.", allow_files = True),
    },
    test = True,
)
