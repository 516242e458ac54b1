"""Projects that are not reproducible, each for one reason, and the cause that has to be named."""

from __future__ import annotations


def recorded(expression: str) -> str:
    """A backend that writes an expression's value into the wheel. `output` is what a program prints."""
    return f"""
        import hashlib, re, subprocess, time, uuid
        def output(*command):
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        def outside(variable):  # of the helper, which the backend's own environment hides
            try:
                with open(f"/proc/{{os.getppid()}}/environ") as file:
                    return dict(line.partition("=")[::2] for line in file.read().split(chr(0))).get(variable)
            except PermissionError:  # a closed build's helper keeps it to itself
                return None
        return write_wheel(wheel_directory, {{"demo.txt": f"value = {{{expression}}}" + chr(10)}})
    """


# By name: what is written into the wheel, the cause that has to be named, and what wheel_diff has to say of it, where
# builds are mapped.
CONTROLS = {
    "addresses": ("hex(id(object()))", "address_layout", "memory address"),
    "clock": ("time.strftime('%Y-%m-%d %H:%M:%S')", "clock", "build time"),
    "cpu_count": ("os.cpu_count()", "jobs", ""),
    "cpu_kind": ("len(open('/proc/cpuinfo').read())", "cpus", ""),
    "cpu_program": ("output('nproc')", "cpus", ""),
    "date": ("time.strftime('%Y-%m-%d')", "clock", "build time"),
    "directory_order": (
        "output('find', 'data', '-name', '*.txt')",
        "directory_order",
        "the same content in another order",
    ),
    "hash_seed": (
        "output('env', '-i', sys.executable, '-S', '-c', 'print(*{*map(str, range(9))}, sep=chr(10))')",
        "random_numbers",
        "the same content in another order",
    ),
    "host_name": ("'host=' + output('uname', '-n')", "host_name", "host name"),
    "kernel": ("'Linux ' + output('uname', '-r')", "kernel", "kernel version"),
    "measured": ("time.monotonic_ns()", "chance", ""),
    "outer_flags": ("outside('CFLAGS')", "environment", ""),
    "outer_home": ("len(outside('HOME') or '')", "home", ""),
    "outer_locale": ("outside('LC_ALL')", "locale", ""),
    "outer_path": ("len(outside('PATH') or '')", "search_path", ""),
    "outer_temporary": ("len(outside('TMPDIR') or '')", "temporary_folder", ""),
    "path": ("hashlib.sha256(os.getcwd().encode()).hexdigest()", "build_path", ""),
    "process_id": ("os.getpid()", "process_ids", ""),
    "random": ("uuid.uuid4()", "random_numbers", "a UUID made while building"),
    "shared_urandom": ("open('/dev/urandom', 'rb').read(8).hex()", "random_numbers", ""),
    "somewhere_else": ("'/_tmp/' in os.getcwd()", "outside of this test", ""),
    "time_zone": ("output('env', '-u', 'TZ', 'date', '+%z')", "time_zone", ""),
    "user": ("output('id', '-u')", "user", ""),
}
# What a closed build can see of it, and the cause that then has to be named; of all else it sees nothing.
SEEN = {
    **{
        name: CONTROLS[name][1]
        for name in ("addresses", "clock", "date", "directory_order", "hash_seed", "measured", "random")
    },
    "cpu_count": "jobs",
    "cpu_kind": "jobs",  # it is told of as many CPUs as it may run jobs
    "cpu_program": "jobs",
    "shared_urandom": "random_numbers",
}
ONLY_MAPPED = [name for name, (_, cause, _) in CONTROLS.items() if SEEN.get(name) != cause]
