#include "command.h"

#include <string.h>

static const char *const kCxxSources[] = {".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".CPP", ".ii", ".mm", NULL};
static const char *const kOtherSources[] = {".c", ".i", ".m", ".s", ".S", ".sx", ".asm", NULL};
static const char *const kDoesNotLink[] = {"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", NULL};
static const char *const kLinksShared[] = {"-shared", "-dynamiclib", "-bundle", NULL};
static const char *const kTakesValue[] = {
    "-I",       "-D",         "-U",     "-L",         "-l",            "-x",          "-include", "-imacros",
    "-isystem", "-iquote",    "-idirafter", "-iprefix", "-MF",         "-MT",         "-MQ",      "-arch",
    "-target",  "-Xlinker",   "-Xpreprocessor", "-Xassembler", "-Xclang", "-T",       "-u",       "-z",
    "-B",       "-aux-info",  "--param", "--sysroot", "-framework",    "-e",          "-install_name", NULL,
};
static const char *const kOnlyAnswers[] = {
    "--version", "-dumpversion", "-dumpfullversion", "-dumpmachine", "-print-", "--print-", "--help", "-###", NULL,
};

Command command_of(const Words *arguments) {
  Command command = {.output = "", .links = true};
  for (size_t i = 0; i < arguments->count; i++) {
    const char *word = arguments->items[i];
    const char *next = i + 1 < arguments->count ? arguments->items[i + 1] : "";
    if (is_one_of(word, kDoesNotLink)) {
      command.links = false;
    } else if (is_one_of(word, kLinksShared)) {
      command.shared = true;
    } else if (is(word, "-o")) {
      command.output = next;
      i++;
    } else if (is_one_of(word, kTakesValue)) {
      i++;
    } else if (starts_with(word, "-o") && !starts_with(word, "-object")) {
      command.output = word + 2;
    } else if (*word != '-' || is(word, "-")) {
      add(&command.inputs, word);
      if (is(word, "-") || ends_with_one_of(word, kCxxSources) || ends_with_one_of(word, kOtherSources))
        add(&command.sources, word);
    }
  }
  command.compiles = command.sources.count || !command.links;
  command.links = command.links && command.inputs.count;
  return command;
}

bool has_cxx_source(const Command *command) {
  for (size_t i = 0; i < command->sources.count; i++)
    if (ends_with_one_of(command->sources.items[i], kCxxSources)) return true;
  return false;
}

bool only_answers(const Words *arguments) {
  for (size_t i = 0; i < arguments->count; i++)
    if (starts_with_one_of(arguments->items[i], kOnlyAnswers)) return true;
  return false;
}

Words archiver_arguments(const Words *arguments) {
  static const char *const kWithValue[] = {"--plugin", "--target", "--output", NULL};
  Words words = expanded(arguments), result = {0};
  size_t i = 0;
  while (i < words.count && starts_with(words.items[i], "--")) {
    for (int left = is_one_of(words.items[i], kWithValue) ? 2 : 1; left && i < words.count; left--)
      add(&result, words.items[i++]);
  }
  // The operation is the first word, with or without a dash, or several words with one each: rcs, -rcs, -c -r.
  size_t end = i;
  while (end < words.count && *words.items[end] == '-') end++;
  if (end == i && i < words.count) end++;
  const char *operation = i < end && *words.items[i] == '-' ? "-" : "";
  for (size_t at = i; at < end; at++) {
    for (const char *letter = words.items[at]; *letter; letter++)
      if (!strchr("-UD", *letter)) operation = text_of("%s%c", operation, *letter);
  }
  if (!strpbrk(operation, "rqsdm")) return words;
  add(&result, text_of("%sD", operation));
  for (; end < words.count; end++) add(&result, words.items[end]);
  return result;
}
