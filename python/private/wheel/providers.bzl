"""Providers of how a wheel is built, and of where it is installed."""

InstalledWheelsInfo = provider(
    doc = "Wheels installed for use as build requirements, with all they depend on.",
    fields = {
        "installed": "depset of struct(wheel = File, tree = File): each wheel and the folder it is installed in.",
    },
)

SdistWheelInfo = provider(
    doc = "How a wheel is built, for building it again.",
    fields = {
        "helper": "File: the zip that the action runs.",
        "inputs": "depset of Files: what the action reads besides `helper`, `params` and the interpreter.",
        "interpreter": "struct, see `find_interpreter`.",
        "label": "Label of the wheel's target.",
        "params": "File: the action's parameters.",
        "tools": "list of FilesToRunProvider: the programs it runs.",
        "tools_runfiles": "list of runfiles: theirs.",
        "wheel": "File: the wheel.",
    },
)
