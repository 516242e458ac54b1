/* Loaded into every program of a rebuild, by /etc/ld.so.preload: a clock that is ahead or stands still, and random
 * numbers that repeat. Not through LD_PRELOAD, which a build could see, and which rules_sdist takes away. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Three numbers: seconds that the clock is ahead; the second since 1970 at which it stands still, or 0; 1 where random
 * numbers repeat, else 0. */
#define SETTINGS "/etc/rules_sdist_rebuild/settings"

static long ahead, stopped, repeating;

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
  file = (int)syscall(SYS_openat, AT_FDCWD, SETTINGS, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  if (syscall(SYS_read, file, text, sizeof text - 1) > 0) {
    ahead = number(&rest);
    stopped = number(&rest);
    repeating = number(&rest);
  }
  syscall(SYS_close, file);
}

static void *next(const char *name, const char *version) {
  void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
  return found ? found : dlsym(RTLD_NEXT, name);
}

static int kernel_clock(clockid_t id, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))next("clock_gettime", NULL);
  return real(id, now);
}

int clock_gettime(clockid_t id, struct timespec *now) {
  int code = kernel_clock(id, now);
  read_settings();
  if (code != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return code;
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
  if (!deadline || deadline->tv_sec < 1000000000) return deadline; /* by the monotonic clock */
  clock_gettime(CLOCK_REALTIME, &ours);
  kernel_clock(CLOCK_REALTIME, &real);
  *room = *deadline;
  room->tv_sec -= ours.tv_sec - real.tv_sec;
  return room;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
  struct timespec room;
  int (*real)(sem_t *, const struct timespec *) = (int (*)(sem_t *, const struct timespec *))next("sem_timedwait", NULL);
  return real(semaphore, kernel_deadline(deadline, &room));
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *deadline) {
  struct timespec room;
  int (*real)(pthread_mutex_t *, const struct timespec *) =
      (int (*)(pthread_mutex_t *, const struct timespec *))next("pthread_mutex_timedlock", NULL);
  return real(mutex, kernel_deadline(deadline, &room));
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline) {
  struct timespec room;
  int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *) =
      (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))next(
          "pthread_cond_timedwait", "GLIBC_2.3.2"); /* of several versions, dlsym may find the oldest */
  return real(condition, mutex, kernel_deadline(deadline, &room));
}

/* The same numbers in each program, but no number twice: some ask again when a name is taken. */
ssize_t getrandom(void *buffer, size_t size, unsigned flags) {
  static uint64_t state = 0x9e3779b97f4a7c15u;
  unsigned char *bytes = buffer;
  size_t i;
  read_settings();
  if (!repeating) return syscall(SYS_getrandom, buffer, size, flags);
  for (i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes[i] = (unsigned char)(state >> 24);
  }
  return (ssize_t)size;
}

int getentropy(void *buffer, size_t size) {
  if (size > 256) {
    errno = EIO;
    return -1;
  }
  return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -1;
}
