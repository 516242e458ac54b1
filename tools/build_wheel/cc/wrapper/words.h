// Lists of words, and the files that hold them.

#ifndef RULES_SDIST_WORDS_H_
#define RULES_SDIST_WORDS_H_

#include <stdbool.h>
#include <stddef.h>

// A list that grows; `items` ends with NULL, as execv wants it. Nothing is ever freed: a wrapper lives as long as one
// command.
typedef struct {
  char **items;
  size_t count;
} Words;

void add(Words *words, const char *word);
void add_all(Words *words, const Words *more);

// What printf would print, in memory of its own.
__attribute__((format(printf, 1, 2))) char *text_of(const char *format, ...);

// Prints a message and ends with exit code 127, as a shell does where a program can't be started.
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

bool is(const char *word, const char *other);
bool starts_with(const char *word, const char *start);
bool ends_with(const char *word, const char *end);

// Whether a list, which ends with NULL, has the word; has a start, or an end, of it.
bool is_one_of(const char *word, const char *const *list);
bool starts_with_one_of(const char *word, const char *const *list);
bool ends_with_one_of(const char *word, const char *const *list);

bool is_file(const char *path);

// A file's bytes, with a zero behind them; NULL where it can't be read.
char *content_of(const char *path, size_t *size);

// The words with response files (`@file`) read, as GCC reads them.
Words expanded(const Words *words);

// The absolute path without `.`, `..` and double slashes, as Python's os.path.abspath gives it.
char *absolute(const char *path);

#endif
