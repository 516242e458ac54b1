"""Names of files that every system has: those of the C library, of compilers' run time, and base utilities.

On Debian, /usr/include has the C library's headers and everyone else's. Debian's package manager could tell them apart,
but other machines have none; names can: those that the C library and the kernel have there have not changed in decades.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# glibc 2.27 to 2.43, musl 1.2, Linux.
C_FOLDERS = _words(
    """
    arpa asm asm-generic bits c++ cxl drm finclude fwctl gnu linux misc mtd net netash netatalk netax25 neteconet
    netinet netipx netiucv netpacket netrom netrose nfs protocols rdma regulator rpc scsi sound sys video xen
    """
)
C_HEADERS = _words(
    """
    a.out aio aliases alloca ar argp argz assert byteswap complex cpio ctype dirent dlfcn elf endian envz err errno
    error execinfo fcntl features features-time64 fenv float fmtmsg fnmatch fpu_control fstab fts ftw gconv getopt
    glob gnu-versions grp gshadow iconv ieee754 ifaddrs inttypes iso646 langinfo lastlog libgen libintl libio limits
    link locale malloc math mcheck memory mntent monetary mqueue netdb nl_types nss obstack paths poll printf
    proc_service pthread pty pwd re_comp regex regexp resolv sched search semaphore setjmp sgtty shadow signal spawn
    stab stdalign stdarg stdbit stdbool stdc-predef stddef stdint stdio stdio_ext stdlib stdnoreturn string strings
    stropts syscall sysexits syslog tar termio termios tgmath thread_db threads time ttyent uchar ucontext ulimit
    unistd utime utmp utmpx values wait wchar wctype wordexp
    """
)
# Of libcap, acl and SystemTap.
IN_C_FOLDERS = frozenset({"sys/acl.h", "sys/capability.h", "sys/psx_syscall.h", "sys/sdt.h"})

C_LIBRARY = re.compile(
    r"(lib(c|m|mvec|pthread|dl|rt|util|resolv|anl|BrokenLocale|c_nonshared|pthread_nonshared|c_malloc_debug|memusage"
    r"|pcprofile|thread_db|m-[\d.]+|nss_(files|dns|compat))|ld(64)?|ld-[\w.-]*|[SMRgr]*crt[\w-]*)\.(so|a|o)(\.[\d.]+)?"
)
"""The C library's files, those that programs are linked with and those that they run with."""

COMPILER_RUN_TIME = re.compile(
    r"(lib(gcc|gcc_eh|gcc_s|stdc\+\+.*|supc\+\+|gomp|atomic|quadmath|itm|ssp|ssp_nonshared|gcov|gfortran"
    r"|(a|hwa|l|m|t|ub)san|c\+\+.*|unwind|clang_rt.*)|crt[\w-]*)\.(so|a|o|spec)(\.[\d.]+)?"
)
"""GCC's and LLVM's files that programs are linked with and run with."""

BASE_UTILITIES = _words(
    """
    [ ash awk base64 basename bash busybox cat chgrp chmod chown cksum cmp comm cp csplit cut dash date dd df diff
    dirname du echo egrep env expand expr factor false fgrep file find fold fmt gawk getconf grep groups head
    hostname id install join kill ldd link ln locale logname ls mawk md5sum mkdir mkfifo mktemp mv nice nl nohup nproc
    od paste patch pathchk pr printenv printf ps pwd readlink realpath rm rmdir sed seq sh sha1sum sha224sum
    sha256sum sha384sum sha512sum shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr
    true truncate tsort tty uname unexpand uniq unlink wc which who whoami xargs yes
    """
)
"""POSIX's utilities that work on files and text, GNU's of that kind, and the C library's ldd.

Not those that make something or look for something: make, m4, tar, git, ldconfig.
"""


def is_c_header(name: str) -> bool:
    """Whether a header, by its name below a folder such as /usr/include, is the C library's, the kernel's or C++'s."""
    folder, slash, _ = name.partition("/")
    if slash:
        return folder in C_FOLDERS and name not in IN_C_FOLDERS
    return name.removesuffix(".h") in C_HEADERS
