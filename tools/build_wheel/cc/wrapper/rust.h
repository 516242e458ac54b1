// What a command line of cargo or rustc does, as far as it has to be known.

#ifndef RULES_SDIST_RUST_H_
#define RULES_SDIST_RUST_H_

#include "words.h"

// A flag of rustc that makes its output depend on the CPU of this machine, or NULL.
const char *native_rust_flag(const Words *arguments);

// The manifest of what a cargo command compiles; NULL where it compiles nothing.
const char *compiled_manifest(const Words *arguments);

#endif
