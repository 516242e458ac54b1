"""Providers that stay inside rules_sdist."""

InstalledWheelsInfo = provider(
    doc = "Wheels installed for use as build requirements, with all they depend on.",
    fields = {
        "installed": "depset of struct(wheel = File, tree = File): each wheel and the folder it is installed in.",
    },
)
