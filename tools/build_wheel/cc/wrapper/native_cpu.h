// Flags that have a compiler or linker ask which CPU this machine has.

#ifndef RULES_SDIST_NATIVE_CPU_H_
#define RULES_SDIST_NATIVE_CPU_H_

#include "words.h"

// The argument, or the variable, that does so; NULL where there is none.
//
// Takes the command line with response files read. Looks into files of flags and GCC's specs, too.
const char *native_flag(const Words *arguments);

#endif
