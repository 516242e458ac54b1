"""The provider of crates."""

CrateInfo = provider(
    doc = "One crate of a Rust registry, unpacked.",
    fields = {
        "name": "string, its name in the registry.",
        "renamed": "list of strings: files, below the root, that have `CRATE_FILE.` before their real names.",
        "root": "string, its root folder, below the execution root.",
        "sha256": "string, of the .crate file.",
        "version": "string.",
    },
)
