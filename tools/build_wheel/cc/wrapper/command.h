// What a command line of a compiler or an archiver does, as far as it has to be changed.

#ifndef RULES_SDIST_COMMAND_H_
#define RULES_SDIST_COMMAND_H_

#include "words.h"

typedef struct {
  Words inputs;
  Words sources;       // those of the inputs that are compiled
  const char *output;  // "" where none is named
  bool compiles;
  bool links;
  bool shared;
} Command;

// Reads the arguments of a compiler, response files read.
Command command_of(const Words *arguments);

// Whether the language is C++, by a source's name.
bool has_cxx_source(const Command *command);

// Whether the compiler is only asked about itself.
bool only_answers(const Words *arguments);

// The arguments of `ar`, with times and owners left out (`D`), whatever it was asked for.
Words archiver_arguments(const Words *arguments);

#endif
