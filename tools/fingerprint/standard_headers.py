"""The headers that come with a C library or a C++ standard library.

They are the toolchain's own, though they may lie in /usr/include beside those of any other library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ISO_C = """
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
"""

_POSIX = """
aio arpa/inet cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen monetary mqueue net/if netdb
netinet/in netinet/tcp nl_types poll pthread pwd regex sched search semaphore spawn strings sys/ipc sys/mman sys/msg
sys/resource sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times sys/types sys/uio sys/un
sys/utsname sys/wait syslog tar termios unistd utime utmpx wordexp
"""

_GNU_AND_LINUX = """
alloca ar argz arpa/ftp arpa/nameser arpa/telnet byteswap elf endian envz err error execinfo features fpu_control fts
getopt gnu/libc-version gnu/lib-names gshadow ieee754 ifaddrs lastlog link malloc mcheck memory mntent net/ethernet
net/if_arp net/route netinet/ether netinet/icmp6 netinet/ip netinet/ip6 netinet/ip_icmp netinet/udp obstack paths
printf pty resolv sgtty shadow stab stdio_ext sys/auxv sys/cdefs sys/epoll sys/errno sys/eventfd sys/fanotify
sys/fcntl sys/file sys/fsuid sys/gmon sys/inotify sys/io sys/ioctl sys/klog sys/mount sys/mtio sys/param
sys/personality sys/poll sys/prctl sys/procfs sys/profil sys/ptrace sys/queue sys/quota sys/random sys/reboot sys/reg
sys/rseq sys/sendfile sys/signal sys/signalfd sys/soundcard sys/statfs sys/swap sys/syscall sys/sysinfo sys/sysmacros
sys/syslog sys/termios sys/timeb sys/timerfd sys/timex sys/ttychars sys/ttydefaults sys/ucontext sys/unistd sys/user
sys/utime sys/vfs sys/vlimit sys/xattr syscall sysexits termio thread_db ttyent ucontext ulimit ustat utmp values wait
cpuid immintrin x86intrin arm_acle arm_neon unwind omp linux/if linux/if_tun linux/limits linux/version linux/types
linux/futex linux/perf_event linux/random linux/seccomp linux/netlink linux/rtnetlink linux/sockios linux/fs
linux/input linux/hidraw linux/can linux/if_packet linux/sched linux/io_uring linux/kernel linux/stat linux/unistd
linux/magic linux/aio_abi linux/falloc
"""

_CXX = """
algorithm any array atomic barrier bit bitset bits/stdc++.h cassert cctype cerrno cfenv cfloat charconv chrono
cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg
cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype cxxabi.h deque exception execution expected
ext/hash_map ext/rope filesystem format forward_list fstream functional future initializer_list iomanip ios iosfwd
iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional
ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack
stacktrace stdexcept stop_token streambuf string string_view strstream syncstream system_error thread tr1/functional
tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
"""

C_HEADERS = tuple(f"{name}.h" for name in (_ISO_C + _POSIX + _GNU_AND_LINUX).split())
"""Of ISO C, POSIX, glibc, the compiler itself, and those of Linux that programs include most."""

CXX_HEADERS = tuple(_CXX.split())
"""Of the C++ standard library."""


def including(headers: Iterable[str]) -> str:
    """A source that includes those of these headers that there are."""
    return "".join(f"#if __has_include(<{name}>)\n#include <{name}>\n#endif\n" for name in headers)
