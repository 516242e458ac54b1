// What a command line of cargo or rustc does, as far as it has to be known.

#ifndef RULES_SDIST_RUST_H_
#define RULES_SDIST_RUST_H_

#include "words.h"

// A flag of rustc that makes its output depend on the CPU of this machine, or NULL.
const char *native_rust_flag(const Words *arguments);

// The arguments of rustc, with another hash in `-C metadata` where the crate, by cargo's variables, lies below `source`.
//
// Cargo hashes the absolute path of a crate outside its workspace into it, and so into the names of symbols. This one is
// made of what the crate is compiled with, without `root`, the build root.
Words with_stable_metadata(const Words *arguments, const char *source, const char *root);

// The manifest of what a cargo command compiles; NULL where it compiles nothing.
const char *compiled_manifest(const Words *arguments);

#endif
