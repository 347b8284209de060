#include "engine/memory.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace gs {
namespace {

constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();

// The first number in a line; kUnknown where there is none ("max").
std::size_t number(const std::string& line) {
  const std::size_t at = line.find_first_of("0123456789");
  std::size_t value = kUnknown;
  if (at != std::string::npos) std::from_chars(line.data() + at, line.data() + line.size(), value);
  return value;
}
std::size_t numberIn(const char* path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? number(line) : kUnknown;
}

}  // namespace

std::size_t availableMemory() {
  std::size_t available = kUnknown;
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("MemAvailable:", 0) == 0 && number(line) != kUnknown) available = number(line) * 1024;
  const std::size_t limit = numberIn("/sys/fs/cgroup/memory.max"), used = numberIn("/sys/fs/cgroup/memory.current");
  if (limit != kUnknown && used != kUnknown) available = std::min(available, limit - std::min(limit, used));
  return available;
}

void preferLargePages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t kPage = std::size_t(2) << 20;
  if (bytes < 2 * kPage) return;
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t begin = (address + kPage - 1) / kPage * kPage, end = (address + bytes) / kPage * kPage;
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // where it fails nothing is lost
#endif
}

}  // namespace gs
