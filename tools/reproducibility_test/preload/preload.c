/* Loaded into every program of a rebuild, by /etc/ld.so.preload: a clock that is ahead or stands still, and random
 * numbers that repeat. Not through LD_PRELOAD, which a build could see, and which rules_sdist takes away.
 *
 * Loaded through LD_PRELOAD into every program of a build whose target says `fixed`: a clock that starts at a fixed
 * second in each process, and goes on as the process itself does, and random numbers that repeat. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Four numbers: seconds that the clock is ahead; the second since 1970 at which it stands still, or 0; 1 where random
 * numbers repeat, else 0; the second since 1970 at which it starts in each process, or 0. */
#define SETTINGS "/etc/rules_sdist_rebuild/settings"
#define VARIABLE "RULES_SDIST_FIXED"

#define SECOND 1000000000ll
#define TICK 1000ll /* nanoseconds from one question for the time to the next, where it starts in each process */
#define RANDOM_FILE (1 << 20)

static long ahead, stopped, repeating, starting;
static long long passed; /* nanoseconds since `starting` */

/* Not strtol, whose newest version older C libraries than the compiler's do not have. */
static long number(const char **text) {
  long value = 0;
  while (**text == ' ') ++*text;
  while (**text >= '0' && **text <= '9') value = 10 * value + *(*text)++ - '0';
  return value;
}

static void read_settings(void) {
  static int done;
  char text[128] = "";
  const char *rest = text;
  int file;
  if (done) return;
  done = 1;
  if (getenv(VARIABLE)) {
    rest = getenv(VARIABLE);
  } else {
    file = (int)syscall(SYS_openat, AT_FDCWD, SETTINGS, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
  }
  ahead = number(&rest);
  stopped = number(&rest);
  repeating = number(&rest);
  starting = number(&rest);
}

static void *next(const char *name, const char *version) {
  void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
  return found ? found : dlsym(RTLD_NEXT, name);
}

/* The next function of this name, in a variable `real`. */
#define REAL(result, name, ...)                                              \
  static result (*real)(__VA_ARGS__);                                        \
  if (!real) real = (result(*)(__VA_ARGS__))next(#name, NULL)

/* Where a process waits, its own clock goes on by as much as it wanted to wait: that repeats, and what really passes
 * does not. */
static void wait_for(long long nanoseconds) {
  if (starting && nanoseconds > 0) __atomic_add_fetch(&passed, nanoseconds, __ATOMIC_RELAXED);
}

static void wait_until(const struct timespec *deadline) {
  long long now = __atomic_load_n(&passed, __ATOMIC_RELAXED);
  if (starting && deadline) wait_for((deadline->tv_sec - starting) * SECOND + deadline->tv_nsec - now);
}

static long long length(const struct timespec *time) { return time->tv_sec * SECOND + time->tv_nsec; }

static int kernel_clock(clockid_t id, struct timespec *now) {
  REAL(int, clock_gettime, clockid_t, struct timespec *);
  return real(id, now);
}

int clock_gettime(clockid_t id, struct timespec *now) {
  int code = kernel_clock(id, now);
  read_settings();
  if (code != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return code;
  if (starting) {
    long long since = __atomic_fetch_add(&passed, TICK, __ATOMIC_RELAXED);
    now->tv_sec = starting + since / SECOND;
    now->tv_nsec = since % SECOND;
    return 0;
  }
  if (stopped) {
    now->tv_sec = stopped;
    now->tv_nsec = 0;
  }
  now->tv_sec += ahead;
  return 0;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec precise;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (out) *out = precise.tv_sec;
  return precise.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* A deadline by our clock, as the kernel has to be told it: or the wait would last until our date has come. */
static const struct timespec *kernel_deadline(const struct timespec *deadline, struct timespec *room) {
  struct timespec ours, real;
  long long moment;
  read_settings();
  if (!deadline || deadline->tv_sec < (starting ? starting : 1000000000)) return deadline; /* by the monotonic clock */
  clock_gettime(CLOCK_REALTIME, &ours);
  kernel_clock(CLOCK_REALTIME, &real);
  moment = length(deadline) - length(&ours) + length(&real);
  if (moment < 0) moment = 0;
  room->tv_sec = moment / SECOND;
  room->tv_nsec = moment % SECOND;
  return room;
}

/* A wait by another clock, in whole milliseconds: a little has passed since its deadline was made. */
static long long rest_of(clockid_t id, const struct timespec *deadline) {
  struct timespec now;
  kernel_clock(id, &now);
  return (length(deadline) - length(&now) + 999999) / 1000000 * 1000000;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
  struct timespec room;
  int code;
  REAL(int, sem_timedwait, sem_t *, const struct timespec *);
  code = real(semaphore, kernel_deadline(deadline, &room));
  if (code != 0 && errno == ETIMEDOUT) wait_until(deadline);
  return code;
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *deadline) {
  struct timespec room;
  int code;
  REAL(int, pthread_mutex_timedlock, pthread_mutex_t *, const struct timespec *);
  code = real(mutex, kernel_deadline(deadline, &room));
  if (code == ETIMEDOUT) wait_until(deadline);
  return code;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline) {
  struct timespec room;
  int code;
  int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *) =
      (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))next(
          "pthread_cond_timedwait", "GLIBC_2.3.2"); /* of several versions, dlsym may find the oldest */
  code = real(condition, mutex, kernel_deadline(deadline, &room));
  if (code == ETIMEDOUT) wait_until(deadline);
  return code;
}

int sem_clockwait(sem_t *semaphore, clockid_t id, const struct timespec *deadline) {
  long long rest;
  int code;
  REAL(int, sem_clockwait, sem_t *, clockid_t, const struct timespec *);
  if (id == CLOCK_REALTIME) return sem_timedwait(semaphore, deadline);
  rest = rest_of(id, deadline);
  code = real(semaphore, id, deadline);
  if (code != 0 && errno == ETIMEDOUT) wait_for(rest);
  return code;
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t id,
                           const struct timespec *deadline) {
  long long rest;
  int code;
  REAL(int, pthread_cond_clockwait, pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
  if (id == CLOCK_REALTIME) return pthread_cond_timedwait(condition, mutex, deadline);
  rest = rest_of(id, deadline);
  code = real(condition, mutex, id, deadline);
  if (code == ETIMEDOUT) wait_for(rest);
  return code;
}

int nanosleep(const struct timespec *wanted, struct timespec *left) {
  int code;
  REAL(int, nanosleep, const struct timespec *, struct timespec *);
  read_settings();
  code = real(wanted, left);
  if (code == 0) wait_for(length(wanted));
  return code;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *wanted, struct timespec *left) {
  struct timespec room;
  long long rest;
  int code;
  REAL(int, clock_nanosleep, clockid_t, int, const struct timespec *, struct timespec *);
  read_settings();
  if ((flags & TIMER_ABSTIME) && id == CLOCK_REALTIME) {
    code = real(id, flags, kernel_deadline(wanted, &room), left);
    if (code == 0) wait_until(wanted);
    return code;
  }
  rest = flags & TIMER_ABSTIME ? rest_of(id, wanted) : length(wanted);
  code = real(id, flags, wanted, left);
  if (code == 0) wait_for(rest);
  return code;
}

int usleep(useconds_t wanted) {
  struct timespec time = {wanted / 1000000, wanted % 1000000 * 1000};
  return nanosleep(&time, NULL);
}

unsigned sleep(unsigned wanted) {
  struct timespec time = {wanted, 0}, left;
  return nanosleep(&time, &left) == 0 ? 0 : (unsigned)left.tv_sec;
}

int select(int count, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *wait) {
  long long wanted = wait ? wait->tv_sec * SECOND + wait->tv_usec * 1000 : 0;
  int code;
  REAL(int, select, int, fd_set *, fd_set *, fd_set *, struct timeval *);
  read_settings();
  code = real(count, reads, writes, others, wait);
  if (code == 0) wait_for(wanted);
  return code;
}

int poll(struct pollfd *files, nfds_t count, int wait) {
  int code;
  REAL(int, poll, struct pollfd *, nfds_t, int);
  read_settings();
  code = real(files, count, wait);
  if (code == 0) wait_for(wait * 1000000ll);
  return code;
}

int epoll_wait(int file, struct epoll_event *events, int count, int wait) {
  int code;
  REAL(int, epoll_wait, int, struct epoll_event *, int, int);
  read_settings();
  code = real(file, events, count, wait);
  if (code == 0) wait_for(wait * 1000000ll);
  return code;
}

/* The same numbers in each program, but no number twice: some ask again when a name is taken. */
static void repeat(void *buffer, size_t size) {
  static uint64_t state = 0x9e3779b97f4a7c15u;
  unsigned char *bytes = buffer;
  size_t i;
  for (i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes[i] = (unsigned char)(state >> 24);
  }
}

ssize_t getrandom(void *buffer, size_t size, unsigned flags) {
  read_settings();
  if (!repeating) return syscall(SYS_getrandom, buffer, size, flags);
  repeat(buffer, size);
  return (ssize_t)size;
}

int getentropy(void *buffer, size_t size) {
  if (size > 256) {
    errno = EIO;
    return -1;
  }
  return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -1;
}

void arc4random_buf(void *buffer, size_t size) {
  char *bytes = buffer;
  while (size) {
    ssize_t got = getrandom(bytes, size, 0);
    if (got > 0) {
      bytes += got;
      size -= (size_t)got;
    }
  }
}

uint32_t arc4random(void) {
  uint32_t value;
  arc4random_buf(&value, sizeof value);
  return value;
}

uint32_t arc4random_uniform(uint32_t bound) {
  uint32_t value, lowest = bound ? -bound % bound : 0;
  if (bound < 2) return 0;
  do value = arc4random();
  while (value < lowest); /* or the first numbers would come more often */
  return value % bound;
}

/* What asks the kernel past the C library's functions, such as Pythons that were compiled with an old one. */
long syscall(long call, ...) {
  va_list list;
  long words[6];
  int i;
  REAL(long, syscall, long, ...);
  va_start(list, call);
  for (i = 0; i < 6; i++) words[i] = va_arg(list, long);
  va_end(list);
  if (call == SYS_getrandom || call == SYS_clock_gettime) read_settings();
  if (call == SYS_getrandom && repeating) return getrandom((void *)words[0], (size_t)words[1], (unsigned)words[2]);
  if (call == SYS_clock_gettime && starting) return clock_gettime((clockid_t)words[0], (struct timespec *)words[1]);
  return real(call, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* A file of such numbers in place of the kernel's endless one; -1 for all other files. Only one that ends can stay the
 * same when programs hand it on. */
static int random_file(const char *path, int flags) {
  static unsigned char bytes[4096];
  int file, i;
  read_settings();
  if (!repeating || !path || (strcmp(path, "/dev/urandom") != 0 && strcmp(path, "/dev/random") != 0)) return -1;
  file = (int)syscall(SYS_memfd_create, "random", flags & O_CLOEXEC ? 1 : 0);
  if (file < 0) return -1;
  for (i = 0; i < RANDOM_FILE; i += (int)sizeof bytes) {
    repeat(bytes, sizeof bytes);
    if (write(file, bytes, sizeof bytes) != (ssize_t)sizeof bytes) break;
  }
  lseek(file, 0, SEEK_SET);
  return file;
}

#define OPEN(name)                                       \
  int name(const char *path, int flags, ...) {           \
    va_list list;                                        \
    mode_t mode;                                         \
    int file = random_file(path, flags);                 \
    REAL(int, name, const char *, int, ...);             \
    va_start(list, flags);                               \
    mode = (mode_t)va_arg(list, int);                    \
    va_end(list);                                        \
    return file >= 0 ? file : real(path, flags, mode);   \
  }
#define OPEN_AT(name)                                           \
  int name(int folder, const char *path, int flags, ...) {      \
    va_list list;                                               \
    mode_t mode;                                                \
    int file = random_file(path, flags);                        \
    REAL(int, name, int, const char *, int, ...);               \
    va_start(list, flags);                                      \
    mode = (mode_t)va_arg(list, int);                           \
    va_end(list);                                               \
    return file >= 0 ? file : real(folder, path, flags, mode);  \
  }
#define OPEN_STREAM(name)                                                \
  FILE *name(const char *path, const char *mode) {                       \
    int file = random_file(path, strchr(mode, 'e') ? O_CLOEXEC : 0);     \
    REAL(FILE *, name, const char *, const char *);                      \
    return file >= 0 ? fdopen(file, "r") : real(path, mode);             \
  }

OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)
OPEN_STREAM(fopen)
OPEN_STREAM(fopen64)

/* As programs call them that were compiled with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int __openat_2(int folder, const char *path, int flags) { return openat(folder, path, flags); }
int __openat64_2(int folder, const char *path, int flags) { return openat64(folder, path, flags); }
int __poll_chk(struct pollfd *files, nfds_t count, int wait, size_t size) {
  (void)size;
  return poll(files, count, wait);
}
