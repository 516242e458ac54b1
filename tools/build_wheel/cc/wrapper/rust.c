#include "rust.h"

#include <string.h>

static const char *const kCodegen[] = {"-C", "--codegen", NULL};
static const char *const kCompiles[] = {"b", "build", "c", "check", "i", "install", "r", "run", "rustc", NULL};
static const char *const kTakesValue[] = {"--color", "--config", "-C", "-Z", NULL};

const char *native_rust_flag(const Words *arguments) {
  for (size_t i = 0; i < arguments->count; i++) {
    const char *word = arguments->items[i];
    const char *option = word;
    if (i && is_one_of(arguments->items[i - 1], kCodegen)) {
      option = word;
    } else if (starts_with(word, "-C")) {
      option = word + strlen("-C");
    } else if (starts_with(word, "--codegen=")) {
      option = word + strlen("--codegen=");
    } else {
      continue;
    }
    if (is(option, "target-cpu=native")) return option;
  }
  return NULL;
}

const char *compiled_manifest(const Words *arguments) {
  const char *command = NULL, *manifest = "Cargo.toml";
  for (size_t i = 0; i < arguments->count; i++) {
    const char *word = arguments->items[i];
    const char *next = i + 1 < arguments->count ? arguments->items[i + 1] : "";
    if (is(word, "--")) break;
    if (is(word, "--manifest-path")) {
      manifest = next;
    } else if (starts_with(word, "--manifest-path=")) {
      manifest = word + strlen("--manifest-path=");
    } else if (!command && is_one_of(word, kTakesValue)) {
      i++;
    } else if (!command && *word != '-' && *word != '+') {
      command = word;
    }
  }
  return command && is_one_of(command, kCompiles) ? manifest : NULL;
}
