#include "native_cpu.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const int kDeepest = 20;  // files of specs that include each other
static const char *const kNative[] = {"march=native", "mtune=native", "mcpu=native", NULL};
static const char *const kPassedOn[] = {"-Xclang", "-Xlinker", "-Xassembler", NULL};
static const char *const kWithParts[] = {"-Wa,", "-Wl,", "-Wp,", NULL};
static const char *const kCpu[] = {"-target-cpu", "-tune-cpu", NULL};
static const char *const kFlagFiles[] = {"-specs", "--specs", "--config", NULL};

static const char *without_dashes(const char *word) {
  while (*word == '-') word++;
  return word;
}

// Whether a word, or a part of what it hands on with commas, is such a flag.
static bool is_native(const char *word) {
  const char *part = word;
  bool has_parts = starts_with_one_of(word, kWithParts);
  while (part) {
    const char *name = without_dashes(part);
    if (starts_with(name, "plugin-opt=")) name = without_dashes(name + strlen("plugin-opt="));
    if (starts_with_one_of(name, kNative)) return true;
    part = has_parts ? strchr(part, ',') : NULL;
    if (part) part++;
  }
  return false;
}

// Blanks out what GCC's own specs say for the case that the command line has the flag: `%{march=native:...}`.
static void blank_conditions(char *text) {
  for (char *at = strstr(text, "%{"); at; at = strstr(at + 2, "%{")) {
    if (!starts_with_one_of(at + 2, kNative) || *(strchr(at, '=') + strlen("=native")) != ':') continue;
    int depth = 0;
    char *end = at;
    do {
      depth += (*end == '{') - (*end == '}');
      end++;
    } while (*end && (depth || end < at + 2));
    if (!depth) memset(at, ' ', (size_t)(end - at));
  }
}

// Whether a file of flags or GCC's specs asks for the machine's CPU, whatever the command line says.
static bool is_native_file(const char *name, int depth) {
  size_t size;
  char *text = depth < kDeepest && is_file(name) ? content_of(name, &size) : NULL;
  if (!text) return false;
  for (size_t i = 0; i < size; i++)
    if (!text[i]) text[i] = ' ';
  blank_conditions(text);
  for (const char *const *flag = kNative; *flag; flag++)
    if (strstr(text, text_of("-%s", *flag))) return true;
  if (strstr(text, "local_cpu_detect")) return true;
  for (char *at = strstr(text, "%include"); at; at = strstr(at, "%include")) {
    at += strlen("%include");
    if (starts_with(at, "_noerr")) at += strlen("_noerr");
    while (isspace((unsigned char)*at)) at++;
    size_t length = *at == '<' ? strcspn(at + 1, ">") : 0;
    if (length && is_native_file(text_of("%.*s", (int)length, at + 1), depth + 1)) return true;
  }
  return false;
}

const char *native_flag(const Words *arguments) {
  Words words = {0};
  for (size_t i = 0; i < arguments->count; i++)
    if (!is_one_of(arguments->items[i], kPassedOn)) add(&words, arguments->items[i]);
  for (size_t i = 0; i < words.count; i++) {
    const char *word = words.items[i];
    const char *next = i + 1 < words.count ? words.items[i + 1] : "";
    if (is_native(word)) return word;
    if (is_one_of(word, kCpu) && is(next, "native")) return text_of("%s native", word);
    const char *equals = strchr(word, '=');
    const char *flag = equals ? text_of("%.*s", (int)(equals - word), word) : word;
    const char *file = equals ? equals + 1 : next;
    if (is_one_of(flag, kFlagFiles) && is_native_file(file, 0)) return text_of("%s=%s", flag, file);
    if (starts_with(word, "-B")) {  // GCC reads specs from there, too
      const char *folder = word[2] ? word + 2 : next;
      if (is_native_file(text_of("%sspecs", folder), 0) || is_native_file(text_of("%s/specs", folder), 0))
        return text_of("-B%s", folder);
    }
  }
  const char *override = getenv("CCC_OVERRIDE_OPTIONS");  // clang's
  for (const char *const *flag = kNative; override && *flag; flag++)
    if (strstr(override, *flag)) return "CCC_OVERRIDE_OPTIONS";
  return NULL;
}
