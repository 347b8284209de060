// guidescope-model-check MODULE SECONDS MIB < model.pt: asks a model that is code what it is, in a process whose time
// and memory are limited and which may write nothing. Says "ok CLASSES UNCONDITIONAL" or "no WORDS" (learn/script.h).
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "learn/module.h"

namespace {

long numberIn(const char* text) {
  long value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

void limit(int what, unsigned long most) {
  const rlimit both{most, most};
  setrlimit(what, &both);
}

// What this process has mapped, bytes: LibTorch itself is a large part of it.
unsigned long mapped() {
  unsigned long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    char line[64] = {};
    if (std::fgets(line, sizeof line, f)) std::from_chars(line, line + sizeof line, pages);
    std::fclose(f);
  }
  return pages * static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
}

std::string everything(int from) {
  std::string all;
  char part[1 << 16];
  for (ssize_t n; (n = read(from, part, sizeof part)) > 0;) all.append(part, static_cast<std::size_t>(n));
  return all;
}

std::string verdict(const char* path, unsigned long seconds, unsigned long bytes) {
  void* module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!module) return std::string("no the module with LibTorch cannot be opened: ") + dlerror();
  auto* entry = reinterpret_cast<const gs::LearnModule* (*)()>(dlsym(module, gs::kModuleEntry));
  const gs::LearnModule* learn = entry ? entry() : nullptr;
  if (!learn || learn->version != gs::kModuleVersion) return "no the module with LibTorch is of another version";
  const std::string model = everything(STDIN_FILENO);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);  // of LibTorch's start
  limit(RLIMIT_CPU, seconds + 1 + static_cast<unsigned long>(used.ru_utime.tv_sec + used.ru_stime.tv_sec));
  limit(RLIMIT_AS, mapped() + bytes);
  try {
    const gs::ScriptFacts facts = learn->checkScript(model);
    return "ok " + std::to_string(facts.classes) + (facts.unconditional ? " 1" : " 0");
  } catch (const std::bad_alloc&) {
    return "no it asks for more memory than a model may have";
  } catch (const std::exception& e) {
    return std::string("no ") + e.what();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  // The answer has a way of its own: what the model prints is not heard.
  const int answer = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  const std::string said = verdict(argv[1], static_cast<unsigned long>(numberIn(argv[2])),
                                   static_cast<unsigned long>(numberIn(argv[3])) << 20) +
                           '\n';
  const bool whole = write(answer, said.data(), said.size()) == static_cast<ssize_t>(said.size());
  _exit(whole ? 0 : 1);
}
