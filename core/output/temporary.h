// The temporary beside a target that becomes it by a rename.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gs {

// Creates "<target>.<six letters>.tmp" in the target's folder; removed again by the destructor unless commit() was
// reached. Every member throws OutputError naming the target and the system's words.
class Temporary {
 public:
  explicit Temporary(const std::string& target);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  // Flushes what is at path() to the disk, gives it the target's permissions and its name.
  void commit();

 private:
  std::string shown_, target_, path_;
  int descriptor_ = -1;
};

// Whether the path exists and is neither a file nor a folder: devices and pipes cannot be renamed over.
bool isSpecialFile(const std::string& path);
// A regular file whole, at most `limit` bytes.
std::vector<std::byte> readFileBounded(const std::string& path, std::uintmax_t limit);
// "path: what: No such file or directory" as an OutputError.
[[noreturn]] void throwSystemError(const std::string& path, const char* what, int code);

}  // namespace gs
