"""The test that a swap is complete."""

_OK = """\
#!/bin/sh
echo "All {count} sdists of @{hub} are built by rules_sdist."
"""

_MISSING = """\
#!/bin/sh
cat <<'END'
ERROR: rules_python still makes these with pip, not rules_sdist:
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

def _impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    text = _MISSING if ctx.attr.missing else _OK
    ctx.actions.write(script, text.format(
        count = ctx.attr.count,
        fix = ctx.attr.fix,
        hub = ctx.attr.hub,
        missing = "\n  ".join(ctx.attr.missing),
    ), is_executable = True)
    return [DefaultInfo(executable = script)]

swap_check_test = rule(
    implementation = _impl,
    doc = "Fails when rules_python makes a distribution with pip.",
    attrs = {
        "count": attr.int(doc = "How many are swapped.", mandatory = True),
        "fix": attr.string(doc = "What to do.", mandatory = True),
        "hub": attr.string(doc = "The name of rules_python's hub.", mandatory = True),
        "missing": attr.string_list(doc = "The repositories that are not swapped."),
    },
    test = True,
)
