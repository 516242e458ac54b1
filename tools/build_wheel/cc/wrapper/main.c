// Stands before the real compiler, archiver and linker on PATH.
//
// Build systems call it by plain names (`cc`, `g++`, `ar`, ...). It adds the Bazel toolchain's flags and those of
// `native_deps`, maps the build root out of debug information and `__FILE__`, makes archives without times, refuses flags
// that depend on this machine's CPU, and notes every compilation for a check at the end. Its name says what it stands
// for; the file `wrapper` beside it says the rest, see `install_wrappers`. Both that file and the log are texts that end
// with a zero byte each: names on Linux may have any other.

#define _GNU_SOURCE  // stpcpy

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "native_cpu.h"
#include "rust.h"
#include "words.h"

// The variable that what a compiler of ours starts finds set.
static const char *const kInner = "RULES_SDIST_INNER";

static const char *const kRecordsSwitches[] = {
    "-frecord-gcc-switches", "-grecord-gcc-switches", "-frecord-command-line", "-grecord-command-line", NULL,
};

typedef struct {
  Words fields;  // "key=value"
  const char *role;
  const char *program;
} Config;

static void add_values(Words *words, const Config *config, const char *key) {
  size_t length = strlen(key);
  for (size_t i = 0; i < config->fields.count; i++) {
    const char *field = config->fields.items[i];
    if (starts_with(field, key) && field[length] == '=') add(words, field + length + 1);
  }
}

// The first value of a key, or "".
static const char *value(const Config *config, const char *key) {
  Words values = {0};
  add_values(&values, config, key);
  return values.count ? values.items[0] : "";
}

// Reads what stands beside this program, for the name that this program has. argv[0] may be anything.
static Config configuration(void) {
  char own[4096];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  if (length < 0) die("/proc/self/exe: %s", strerror(errno));
  own[length] = 0;
  char *name = strrchr(own, '/') + 1;
  char *file = text_of("%.*swrapper", (int)(name - own), own);
  size_t size;
  char *text = content_of(file, &size);
  if (!text) die("%s: %s", file, strerror(errno));
  Config config = {0};
  for (char *field = text; field < text + size; field += strlen(field) + 1) add(&config.fields, field);
  char *role = strdup(value(&config, text_of("tool.%s", name))), *program = strchr(role, '=');
  if (!program) die("%s says nothing of %s", file, name);
  *program = 0;
  config.role = role;
  config.program = program + 1;
  return config;
}

__attribute__((noreturn)) static void become(const char *program, const Words *arguments) {
  Words line = {0};
  add(&line, program);
  add_all(&line, arguments);
  execv(program, line.items);
  die("%s can't be started: %s", program, strerror(errno));
}

// Runs a program and returns its exit code.
static int run(const char *program, const Words *arguments) {
  pid_t child = fork();
  if (child == 0) become(program, arguments);
  int status;
  if (child < 0) die("no process for %s: %s", program, strerror(errno));
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) die("%s: %s", program, strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Appends a record, whose end is an empty field, in one write: those of parallel jobs don't mix.
static bool write_record(const char *file, const Words *fields, int flags) {
  size_t size = 1;
  for (size_t i = 0; i < fields->count; i++) size += strlen(fields->items[i]) + 1;
  char *record = calloc(1, size), *end = record;
  if (!record) die("out of memory");
  for (size_t i = 0; i < fields->count; i++) end = stpcpy(end, fields->items[i]) + 1;
  int log = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  bool written = log >= 0 && write(log, record, size) == (ssize_t)size;
  if (log >= 0) close(log);
  return written;
}

// "key=value" for each of the words.
static void add_fields(Words *record, const char *key, const Words *words) {
  for (size_t i = 0; i < words->count; i++) add(record, text_of("%s=%s", key, words->items[i]));
}

// Notes one command, from which a silently dropped extension is told; see `failed_compilations`.
static void note(const Config *config, const Command *command, int code) {
  Words record = {0};
  add(&record, text_of("folder=%s", absolute(".")));
  add(&record, text_of("code=%d", code));
  if (command->links && command->shared) add(&record, "shared=1");
  add(&record, text_of("output=%s", command->output));
  add_fields(&record, "input", &command->inputs);
  add_fields(&record, "source", &command->sources);
  if (!write_record(value(config, "log"), &record, O_APPEND)) unlink(value(config, "complete"));
}

// What no other object file of the build has, and this one has in every build root: its path below that.
//
// Without its folders, two of one name would have the same sections for link-time optimization, on which GCC fails.
static const char *seed(const Config *config, const Command *command) {
  const char *name = *command->output ? command->output : command->sources.count ? command->sources.items[0] : "-";
  const char *path = absolute(name), *root = text_of("%s/", value(config, "root"));
  return starts_with(path, root) ? path + strlen(root) : strrchr(path, '/') + 1;
}

// The full command line of a compiler, or of a link through it.
//
// The toolchain's flags come first, so that the package's own can override them; the prefix maps last, for of several
// that match GCC applies the last one.
static Words compiler_arguments(const Config *config, const Words *arguments, const Command *command) {
  bool is_cxx = is(config->role, "c++"), language_is_given = false;
  for (size_t i = 0; i < arguments->count; i++) language_is_given |= starts_with(arguments->items[i], "-x");
  Words result = {0};
  if (command->compiles) {
    add_values(&result, config, text_of("own_names.%s", config->role));
    add_values(&result, config, is_cxx || has_cxx_source(command) ? "cxx_flag" : "c_flag");
  }
  for (size_t i = 0; i < arguments->count; i++) {
    const char *word = arguments->items[i];
    if (is_one_of(word, kRecordsSwitches)) continue;
    bool as_cxx = is_cxx && !language_is_given && ends_with(word, ".c");
    if (as_cxx && is_one_of(word, (const char *const *)command->sources.items)) {
      const char *const line[] = {"-x", "c++", word, "-x", "none"};  // as g++ would: the real compiler may be plain gcc
      for (size_t at = 0; at < sizeof line / sizeof *line; at++) add(&result, line[at]);
    } else {
      add(&result, word);
    }
  }
  if (command->compiles) {
    add_values(&result, config, "include_flag");
    add(&result, "-gno-record-gcc-switches");
  }
  if (command->links) {
    add_values(&result, config, "library_flag");
    add_values(&result, config, command->shared ? "shared_link_flag" : "executable_link_flag");
    add(&result, "-Wl,--build-id=none");
  }
  if (command->compiles || command->links) {  // link-time optimization writes debug information, too
    add_values(&result, config, "prefix_map");
    add(&result, text_of("-frandom-seed=%s", seed(config, command)));
  }
  return result;
}

// Runs a compiler or linker; where the build is audited, through `auditor`, which asks it what it opens.
static int run_audited(const Config *config, const Words *given, const Command *command, const Words *arguments) {
  Words auditor = {0}, request = {0}, words = expanded(given);
  add_values(&auditor, config, "auditor");
  if (!auditor.count) return run(config->program, arguments);
  add(&request, text_of("role=%s", config->role));
  add(&request, text_of("program=%s", config->program));
  add(&request, text_of("output=%s", *command->output ? command->output : "a.out"));
  if (command->links) add(&request, "links=1");
  add_fields(&request, "source", &command->sources);
  add_fields(&request, "word", &words);
  add_fields(&request, "argument", arguments);
  char *file = text_of("%s.%d.request", value(config, "audit"), (int)getpid());
  if (!write_record(file, &request, O_TRUNC)) die("%s: %s", file, strerror(errno));
  add(&auditor, file);
  Words rest = {auditor.items + 1, auditor.count - 1};
  return run(auditor.items[0], &rest);
}

static int compile(const Config *config, const Words *arguments, const Words *words) {
  if (only_answers(arguments)) return run(config->program, arguments);
  Command command = command_of(words);
  Words line = compiler_arguments(config, arguments, &command);
  int code = run_audited(config, arguments, &command, &line);
  if (command.sources.count || command.shared) note(config, &command, code);
  return code;
}

static int link_directly(const Config *config, const Words *arguments, const Words *words) {
  Command command = command_of(words);
  Words line = {0};
  add_all(&line, arguments);
  add(&line, "--build-id=none");
  return run_audited(config, &line, &command, &line);
}

// Makes the index of each archive without times. One at a time: of several, `ar s` takes only the first.
static int index_archives(const Config *config, const Words *arguments) {
  bool any = false;
  for (size_t i = 0; i < arguments->count; i++) {
    if (*arguments->items[i] == '-') continue;
    any = true;
    Words line = {0};
    add(&line, "sD");
    add(&line, arguments->items[i]);
    int code = run(config->program, &line);
    if (code) return code;
  }
  return any ? 0 : run(config->program, arguments);  // it is asked for its version
}

// Ends with a message about a flag, if there is one, that makes wheels differ from one CPU to the next.
static void refuse_native(const char *flag) {
  if (!flag) return;
  fprintf(stderr,
          "rules_sdist: %s makes the wheel depend on the CPU it was built on.\n"
          "  fix: switch it off in the package (its env, config_settings, or patches on the py_sdist_wheel).\n",
          flag);
  exit(1);
}

// Debian's cargo and rustc have their libraries in the system's folders, and a build has them elsewhere.
static void find_libraries(const Config *config) {
  const char *folder = value(config, "rust_libraries");
  if (*folder) setenv("LD_LIBRARY_PATH", folder, 1);
}

// The maps come last: of several that match, rustc applies the last one.
__attribute__((noreturn)) static void become_rustc(const Config *config, const Words *arguments) {
  Words words = expanded(arguments);
  refuse_native(native_rust_flag(&words));
  Words line = with_stable_metadata(arguments, value(config, "rust_source"), value(config, "root"));
  add_values(&line, config, "rust_flag");
  become(config->program, &line);
}

// Cargo fails for reasons of its own, too, such as a crate that is not there: so its commands are noted as compilations.
static int run_cargo(const Config *config, const Words *arguments) {
  const char *manifest = compiled_manifest(arguments);
  if (!manifest) become(config->program, arguments);
  int code = run(config->program, arguments);
  Command command = {.output = ""};
  add(&command.sources, manifest);
  note(config, &command, code);
  return code;
}

int main(int count, char **items) {
  Config config = configuration();
  Words arguments = {items + 1, (size_t)count - 1};
  if (is(config.role, "rustc") || is(config.role, "cargo")) find_libraries(&config);
  if (is(config.role, "rustc")) become_rustc(&config, &arguments);
  if (is(config.role, "cargo")) return run_cargo(&config, &arguments);
  bool is_compiler = is(config.role, "cc") || is(config.role, "c++");
  bool is_linker = is(config.role, "ld") || is(config.role, "other_ld");
  // A compiler of ours that finds the linker on PATH has asked it already.
  if (is_linker && getenv(kInner) && *getenv(kInner)) become(config.program, &arguments);
  Words variables = {0};
  add_values(&variables, &config, "env");
  for (size_t i = 0; i < variables.count; i++) putenv(variables.items[i]);
  setenv(kInner, "1", 1);
  if (is_compiler || is_linker) {
    Words words = expanded(&arguments);
    refuse_native(native_flag(&words));
    return is_compiler ? compile(&config, &arguments, &words) : link_directly(&config, &arguments, &words);
  }
  if (is(config.role, "ranlib")) return index_archives(&config, &arguments);
  Words line = archiver_arguments(&arguments);
  return run(config.program, &line);
}
