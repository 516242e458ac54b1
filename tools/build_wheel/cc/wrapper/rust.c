#include "rust.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kMetadata = "metadata=";
// Where files lie: some have cargo's own hash in their names.
static const char *const kPlaces[] = {"extra-filename=", "incremental=", "link-arg", "linker=", NULL};
static const char *const kPlacesNext[] = {"--extern", "--out-dir", "-L", NULL};
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

// FNV-1a of a text and the zero byte behind it, without each `left_out` in it.
static uint64_t hashed(uint64_t hash, const char *text, const char *left_out) {
  size_t length = strlen(left_out);
  for (const char *at = text;; at++) {
    while (length && starts_with(at, left_out)) at += length;
    hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
    if (!*at) return hash;
  }
}

static bool is_metadata(const Words *arguments, size_t i) {
  return i && is_one_of(arguments->items[i - 1], kCodegen) && starts_with(arguments->items[i], kMetadata);
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

Words with_stable_metadata(const Words *arguments, const char *source, const char *root) {
  const char *crate = variable("CARGO_MANIFEST_DIR");
  Words result = {0};
  if (!*source || !starts_with(crate, source)) {
    add_all(&result, arguments);
    return result;
  }
  uint64_t hash = hashed(0xcbf29ce484222325, crate, source);
  hash = hashed(hash, variable("CARGO_PKG_VERSION"), "");
  for (size_t i = 0; i < arguments->count; i++) {
    const char *word = arguments->items[i];
    if (is_one_of(word, kPlacesNext)) {
      i++;
    } else if (!is_metadata(arguments, i) && !starts_with_one_of(word, kPlaces)) {
      hash = hashed(hash, word, root);
    }
  }
  for (size_t i = 0; i < arguments->count; i++)
    add(&result, is_metadata(arguments, i) ? text_of("%s%016" PRIx64, kMetadata, hash) : arguments->items[i]);
  return result;
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
