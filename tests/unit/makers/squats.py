"""What may be at a place in /tmp that a build could want, as shell commands in /tmp; `$victim` is a folder."""

SQUATS = {
    "link": 'ln -s "$victim" rules_sdist',
    "broken link": "ln -s /nonexistent/there rules_sdist",
    "link to itself": "ln -s rules_sdist rules_sdist",
    "file": "echo mine >rules_sdist",
    "pipe": "mkfifo rules_sdist",
    "folder": "mkdir -p rules_sdist/build/s rules_sdist/execroot && echo evil >rules_sdist/build/s/sitecustomize.py",
    "closed folder": "mkdir -m 0 rules_sdist",
    "folder of another user": "mkdir -m 700 rules_sdist && { chown 4711 rules_sdist || [ $(id -u) != 0 ]; }",
    "links inside": 'mkdir rules_sdist && ln -s "$victim" rules_sdist/build && ln -s "$victim" rules_sdist/execroot',
}
