#define _GNU_SOURCE  // stpcpy, vasprintf

#include "words.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int kDeepest = 100;  // response files that name each other

static void *grown(void *memory, size_t size) {
  void *more = realloc(memory, size);
  if (!more) die("out of memory");
  return more;
}

void add(Words *words, const char *word) {
  // Room doubles whenever the count reaches a power of two.
  if ((words->count & (words->count + 1)) == 0) words->items = grown(words->items, (2 * words->count + 2) * sizeof(char *));
  words->items[words->count++] = (char *)word;
  words->items[words->count] = NULL;
}

void add_all(Words *words, const Words *more) {
  for (size_t i = 0; i < more->count; i++) add(words, more->items[i]);
}

char *text_of(const char *format, ...) {
  char *text;
  va_list values;
  va_start(values, format);
  if (vasprintf(&text, format, values) < 0) die("out of memory");
  va_end(values);
  return text;
}

void die(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fputs("rules_sdist: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  va_end(values);
  exit(127);
}

bool is(const char *word, const char *other) { return strcmp(word, other) == 0; }

bool starts_with(const char *word, const char *start) { return strncmp(word, start, strlen(start)) == 0; }

bool ends_with(const char *word, const char *end) {
  size_t length = strlen(word), wanted = strlen(end);
  return length >= wanted && is(word + length - wanted, end);
}

bool is_one_of(const char *word, const char *const *list) {
  for (; *list; list++)
    if (is(word, *list)) return true;
  return false;
}

bool starts_with_one_of(const char *word, const char *const *list) {
  for (; *list; list++)
    if (starts_with(word, *list)) return true;
  return false;
}

bool ends_with_one_of(const char *word, const char *const *list) {
  for (; *list; list++)
    if (ends_with(word, *list)) return true;
  return false;
}

bool is_file(const char *path) {
  struct stat found;
  return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

char *content_of(const char *path, size_t *size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return NULL;
  char *content = NULL;
  ssize_t got;
  *size = 0;
  do {
    content = grown(content, *size + 65536 + 1);
    got = read(file, content + *size, 65536);
    if (got > 0) *size += (size_t)got;
  } while (got > 0);
  close(file);
  content[*size] = 0;
  return got < 0 ? NULL : content;
}

// Splits a response file's text as GCC does (libiberty's buildargv): blanks separate words, quotes of both kinds keep
// blanks, and a backslash takes what follows as it is.
static Words split(const char *text) {
  Words words = {0};
  for (;;) {
    while (isspace((unsigned char)*text)) text++;
    if (!*text) return words;
    char *word = grown(NULL, strlen(text) + 1), *end = word, quote = 0;
    for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
      if (*text == '\\' && text[1]) {
        *end++ = *++text;
      } else if (quote ? *text == quote : *text == '"' || *text == '\'') {
        quote = quote ? 0 : *text;
      } else {
        *end++ = *text;
      }
    }
    *end = 0;
    add(&words, word);
  }
}

static void expand(Words *result, const Words *words, int depth) {
  for (size_t i = 0; i < words->count; i++) {
    const char *word = words->items[i];
    size_t size;
    char *text = *word == '@' && depth < kDeepest && is_file(word + 1) ? content_of(word + 1, &size) : NULL;
    if (text) {
      Words more = split(text);
      expand(result, &more, depth + 1);
    } else {
      add(result, word);
    }
  }
}

Words expanded(const Words *words) {
  Words result = {0};
  expand(&result, words, 0);
  return result;
}

char *absolute(const char *path) {
  char *here = *path == '/' ? "" : getcwd(NULL, 0);
  if (!here) die("the working directory is gone");
  char *rest = text_of("%s/%s", here, path), *result = grown(NULL, strlen(rest) + 2), *end = result;
  for (char *step = strtok(rest, "/"); step; step = strtok(NULL, "/")) {
    if (is(step, "..")) {
      while (end > result && *--end != '/') continue;
    } else if (!is(step, ".")) {
      *end++ = '/';
      end = stpcpy(end, step);
    }
  }
  if (end == result) *end++ = '/';
  *end = 0;
  return result;
}
