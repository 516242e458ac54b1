"""The library that `fixed` has preloaded into every program of a build."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from build_wheel.environment.fixed_answers import with_fixed_answers
from build_wheel.environment.variables import variables
from build_wheel.environment.venv import create_venv
from common.times import SOURCE_DATE_EPOCH
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc")


def environment(library: Path, *fixed: str) -> dict[str, str]:
    own = with_fixed_answers({}, fixed, library.name)
    return {
        "PATH": "/usr/bin:/bin",
        **{key: value.replace("${EXECROOT}", str(library.parent)) for key, value in own.items()},
    }


def output(
    library: Path, *line: str | Path, fixed: tuple[str, ...] = ("clock", "random"), cwd: Path | None = None
) -> str:
    env = environment(library, *fixed)
    done = subprocess.run(line, env=env, cwd=cwd, capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout


def python(library: Path, code: str, fixed: tuple[str, ...] = ("clock", "random")) -> str:
    return output(library, sys.executable, "-I", "-c", code, fixed=fixed)


def compiled(folder: Path, code: str) -> Path:
    (folder / "a.c").write_text(code)
    subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "a.c", "-o", "program"], cwd=folder, check=True)
    return folder / "program"


TIME = """
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  struct timeval now;
  struct timespec exact, other;
  long first = time(NULL);
  gettimeofday(&now, NULL);
  timespec_get(&exact, TIME_UTC);
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &other);
  printf("%ld %ld.%06ld ", first, now.tv_sec, now.tv_usec);
  printf("%ld.%09ld %ld.%09ld", exact.tv_sec, exact.tv_nsec, other.tv_sec, other.tv_nsec);
}
"""


def test_the_clock_starts_at_the_epoch_in_each_process_and_goes_on(library: Path, tmp_path: Path) -> None:
    epoch = SOURCE_DATE_EPOCH
    told = output(library, compiled(tmp_path, TIME))
    assert told == f"{epoch} {epoch}.000001 {epoch}.000002000 {epoch}.000003000"
    assert output(library, "date", "-u", "+%F %T") == "1980-01-01 00:00:00\n"
    code = "import datetime, time; print(time.time(), time.time_ns(), datetime.datetime.now(datetime.timezone.utc))"
    assert python(library, code) == python(library, code)
    assert python(library, code).startswith(f"{epoch}.0")


WAITS = {
    "time.sleep": "time.sleep(0.02)",
    "select": "select.select([], [], [], 0.02)",
    "poll": "select.poll().poll(20)",
    "epoll": "select.epoll().poll(0.02)",
    "event": "threading.Event().wait(0.02)",
    "lock": "lock.acquire(timeout=0.02)",
    "semaphore": "multiprocessing.Semaphore(0).acquire(timeout=0.02)",
    "busy": "pass",
    "nanosleep": "libc.usleep(20000)",
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_who_waits_for_the_clock_does_not_wait_for_ever(library: Path, wait: str) -> None:
    code = (
        "import ctypes, multiprocessing, select, threading, time\n"
        "libc = ctypes.CDLL(None); lock = threading.Lock(); lock.acquire()\n"
        f"end, begin = time.time() + 0.2, time.monotonic()\nwhile time.time() < end: {wait}\n"
        "assert time.monotonic() - begin < 5\nprint(round(time.time(), 2))"
    )
    assert python(library, code) == python(library, code) == f"{SOURCE_DATE_EPOCH}.2\n"


def test_deadlines_are_as_far_away_as_without(library: Path, tmp_path: Path) -> None:
    code = """
    #include <pthread.h>
    #include <semaphore.h>
    #include <stdio.h>
    #include <time.h>
    int main(void) {
      pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
      pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
      struct timespec end;
      sem_t semaphore;
      sem_init(&semaphore, 0, 0);
      pthread_mutex_lock(&mutex);
      pthread_mutex_lock(&other);
      clock_gettime(CLOCK_REALTIME, &end);
      end.tv_sec += 1;
      pthread_cond_timedwait(&condition, &mutex, &end);
      printf("%ld ", time(NULL));
      end.tv_nsec += 50000000;
      sem_timedwait(&semaphore, &end);
      pthread_mutex_timedlock(&other, &end);
      clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL);
      clock_gettime(CLOCK_REALTIME, &end);
      printf("%ld %ld", end.tv_sec, end.tv_nsec / 10000000);
    }
    """
    begin = time.monotonic()
    assert output(library, compiled(tmp_path, code)) == f"{SOURCE_DATE_EPOCH + 1} {SOURCE_DATE_EPOCH + 1} 5"
    assert 0.9 < time.monotonic() - begin < 10


RANDOM = """
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>
static void tell(const char *how, const void *bytes) {
  printf("%s %08x\\n", how, *(const unsigned *)bytes);
}
int main(void) {
  unsigned value = 0;
  FILE *file = fopen("/dev/urandom", "r");
  fread(&value, 4, 1, file); tell("fopen", &value);
  read(open("/dev/random", O_RDONLY), &value, 4); tell("open", &value);
  read(openat(AT_FDCWD, "/dev/urandom", O_RDONLY), &value, 4); tell("openat", &value);
  getrandom(&value, 4, 0); tell("getrandom", &value);
  getentropy(&value, 4); tell("getentropy", &value);
  syscall(SYS_getrandom, &value, 4, 0); tell("syscall", &value);
}
"""


def test_random_numbers_repeat_in_each_process_but_not_in_one(library: Path, tmp_path: Path) -> None:
    program = compiled(tmp_path, RANDOM)
    told = output(library, program)
    assert told == output(library, program)
    numbers = [line.split()[1] for line in told.splitlines()]
    assert len(set(numbers)) == len(numbers) == 6
    code = "import os, random, secrets, uuid; print(os.urandom(4), random.random(), secrets.token_hex(), uuid.uuid4())"
    assert python(library, code) == python(library, code)
    for shell in (
        "head -c 8 /dev/urandom",
        "dd if=/dev/random bs=8 count=1 status=none",
        "exec 3</dev/urandom; head -c 8 <&3",
    ):
        line = ["sh", "-c", f"{{ {shell}; }} | od -An -tx1"]
        assert output(library, *line) == output(library, *line) != "", shell


def test_arc4random_repeats_and_stays_below_its_bound(library: Path) -> None:
    code = (
        f"import ctypes; library = ctypes.CDLL({str(library)!r})\n"
        "print([library.arc4random_uniform(10) for _ in range(50)], library.arc4random())"
    )
    assert python(library, code) == python(library, code)
    numbers = json.loads(python(library, code).partition("]")[0] + "]")
    assert set(numbers) == set(range(10))


@pytest.mark.parametrize(("fixed", "same"), [(("clock",), "clock"), (("random",), "random")])
def test_only_what_is_asked_for_repeats(library: Path, fixed: tuple[str, ...], same: str) -> None:
    code = "import os, time; print(os.urandom(8).hex(), open('/dev/urandom', 'rb').read(8).hex(), time.time() < 4e8)"
    first, second = (python(library, code, fixed).split() for _ in range(2))
    assert (first[:2] == second[:2]) == (same == "random")
    assert first[2] == str(same == "clock")


def test_files_keep_their_times_and_make_builds_what_is_older(library: Path, tmp_path: Path) -> None:
    """make warns of files from the future, and compares them right."""
    (tmp_path / "a.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "Makefile").write_text("a: a.o\n\tgcc a.o -o a\na.o: a.c\n\tgcc -c a.c\n")
    env = environment(library, "clock", "random")
    for changed, commands in (("", 2), ("", 0), ("a.c", 2), ("a.o", 1)):
        if changed:
            time.sleep(0.01)
            (tmp_path / changed).touch()
        done = subprocess.run(["make"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        assert done.stdout.count("gcc") == commands, done.stdout
    code = f"import os; print(os.stat({str(tmp_path / 'a')!r}).st_mtime)"
    assert float(python(library, code)) == (tmp_path / "a").stat().st_mtime > SOURCE_DATE_EPOCH + 1e9


@pytest.mark.parametrize("folder", ["plain", "two words"])
def test_every_python_and_program_of_a_build_has_it(library: Path, tmp_path: Path, folder: str) -> None:
    """Also below a path with a blank, and a Python that was started with an empty environment."""
    layout = Layout(tmp_path / folder, tmp_path / folder / "root")
    layout.create()
    (layout.execroot / "lib").mkdir()
    shutil.copy(library, layout.execroot / "lib")
    create_venv(layout, [])
    own = with_fixed_answers({"LD_LIBRARY_PATH": "/own"}, ["clock"], f"lib/{library.name}")
    env = variables(layout, tools={}, cpus=1, own=own)
    assert env["LD_LIBRARY_PATH"].endswith("/own")
    python = layout.environment / "bin" / "python"
    code = "import subprocess, time; print(int(time.time())); subprocess.run(['date', '+%s'], check=True)"
    for flags, given in (([], env), (["-I"], env), ([], {}), (["-I"], {})):
        done = subprocess.run([python, *flags, "-c", code], env=given, capture_output=True, text=True, check=True)
        assert sorted(done.stdout.split()) == [str(SOURCE_DATE_EPOCH)] * 2, (flags, done.stderr)
        assert done.stderr == ""


def test_own_preloaded_libraries_stay() -> None:
    found = with_fixed_answers({"LD_PRELOAD": "/own.so", "A": "b"}, ["random"], "ours.so")
    assert found == {"A": "b", "LD_PRELOAD": "${EXECROOT}/ours.so:/own.so", "RULES_SDIST_FIXED": "0 0 1 0"}
    assert with_fixed_answers({"A": "b"}, [], None) == {"A": "b"}


def test_without_the_variable_nothing_changes(library: Path) -> None:
    code = "import os, time; print(time.time() > 1e9, os.urandom(8))"
    env = {"LD_PRELOAD": str(library)}
    found = {
        subprocess.run([sys.executable, "-I", "-c", code], env=env, capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(found) == 2
    assert all(line.startswith(b"True") for line in found)
    assert os.environ.get("RULES_SDIST_FIXED") is None
