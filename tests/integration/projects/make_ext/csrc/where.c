#include "where.h"

/* An absolute path, as the Makefile compiles it: what a build must not record. */
const char *where(void) { return __FILE__ " " __DATE__ " " __TIME__; }
