"""What a closed build is told of the machine, the same everywhere: kernel, CPUs, memory, times."""

from __future__ import annotations

import errno
import platform
import resource
import struct
from typing import TYPE_CHECKING

from common.linux.seccomp import NATIVE, Call, Listener, write_memory

if TYPE_CHECKING:
    from collections.abc import Callable

SYSTEM, HOST_NAME, RELEASE, VERSION = "Linux", "localhost", "5.10.0", "0"
"""As the answers of `os.uname` in `bootstrap`. Some scripts compare the parts of the release, so it has some."""

_SIZE = 8 << 20  # KiB
_MEMORY = {
    **dict.fromkeys(("MemTotal", "MemFree", "MemAvailable"), _SIZE),
    **dict.fromkeys(("Buffers", "Cached", "SwapTotal", "SwapFree"), 0),
}
_CPU = {
    "x86_64": "processor\t: {number}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 6\nmodel name\t: x86-64\n"
    "stepping\t: 0\ncpu MHz\t\t: 2000.000\ncache size\t: 1024 KB\nphysical id\t: 0\nsiblings\t: {cpus}\n"
    "core id\t\t: {number}\ncpu cores\t: {cpus}\nflags\t\t: fpu tsc msr cx8 cmov mmx fxsr sse sse2 syscall nx lm\n"
    "bogomips\t: 4000.00\n\n",
    "aarch64": "processor\t: {number}\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd cpuid\nCPU implementer\t: 0x41\n"
    "CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd03\nCPU revision\t: 0\n\n",
}


def proc_files(cpus: int) -> dict[str, str]:
    """Texts of files below /proc, by their names there; those that are not named are empty.

    Args:
        cpus: how many CPUs there are.
    """
    cpu = _CPU.get(platform.machine(), "processor\t: {number}\n\n")
    times = " 0 0 0 0 0 0 0 0 0 0\n"
    return {
        "cmdline": "\n",
        "cpuinfo": "".join(cpu.format(number=number, cpus=cpus) for number in range(cpus)),
        "filesystems": "nodev\ttmpfs\n\text4\n",
        "loadavg": "0.00 0.00 0.00 1/1 1\n",
        "meminfo": "".join(f"{name + ':':<16}{size} kB\n" for name, size in _MEMORY.items()),
        "stat": "cpu " + times + "".join(f"cpu{number}{times}" for number in range(cpus)) + "btime 315532800\n",
        "sys/fs/pipe-max-size": "1048576\n",
        "sys/kernel/hostname": f"{HOST_NAME}\n",
        "sys/kernel/ngroups_max": "65536\n",
        "sys/kernel/osrelease": f"{RELEASE}\n",
        "sys/kernel/ostype": f"{SYSTEM}\n",
        "sys/kernel/pid_max": "32768\n",
        "sys/kernel/random/boot_id": "00000000-0000-4000-8000-000000000000\n",
        "sys/kernel/version": f"{VERSION}\n",
        "sys/vm/max_map_count": "65530\n",
        "sys/vm/overcommit_memory": "0\n",
        "uptime": "0.00 0.00\n",
        "version": f"{SYSTEM} version {RELEASE}\n",
    }


# The numbers of uname, sched_getaffinity and sysinfo, by the machine.
_CALLS = {"x86_64": (63, 204, 99), "aarch64": (160, 123, 179)}


def fixed_answers(cpus: int) -> Callable[[], None]:
    """Has the kernel tell a child, and all that it starts, of a fixed kernel and of so many CPUs.

    Args:
        cpus: how many.

    Returns:
        what the child has to call before its own execve; it raises OSError where the system does not allow it.
    """
    machine = platform.machine()
    uname, affinity, sysinfo = _CALLS[machine]
    names = (SYSTEM, HOST_NAME, RELEASE, VERSION, machine, HOST_NAME)
    system = b"".join(struct.pack("65s", name.encode()) for name in names)
    mask = ((1 << cpus) - 1).to_bytes(8, "little")
    # No time since the start, no load; memory in units of a byte; one process (sysinfo(2)).
    memory = struct.pack("@l3L6LHHLLI", 0, 0, 0, 0, _SIZE << 10, _SIZE << 10, 0, 0, 0, 0, 1, 0, 0, 0, 1)

    def answer_uname(call: Call) -> int:
        write_memory(call.process, call.arguments[0], system)
        return 0

    def answer_affinity(call: Call) -> int:
        _, size, address = call.arguments[:3]
        if size < len(mask) or size % len(mask):
            raise OSError(errno.EINVAL, "too small")
        write_memory(call.process, address, mask)
        return len(mask)

    def answer_sysinfo(call: Call) -> int:
        write_memory(call.process, call.arguments[0], memory)
        return 0

    answers = {uname: answer_uname, affinity: answer_affinity, sysinfo: answer_sysinfo}
    return Listener({NATIVE[machine]: answers}, refuses_others=True).install()


_LIMITS = {resource.RLIMIT_STACK: 8 << 20, resource.RLIMIT_NOFILE: 1024, resource.RLIMIT_CORE: 0}
"""A stack's limit decides on addresses; that of open files on what programs try."""


def fix_limits() -> None:
    """Gives this process the same limits everywhere, as far as its own allow that (getrlimit(2))."""
    for limit, wanted in _LIMITS.items():
        _, most = resource.getrlimit(limit)
        value = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(limit, (value, value if limit != resource.RLIMIT_STACK else most))
