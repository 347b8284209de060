#include "output/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "output/temporary.h"

namespace gs {
namespace {

void writeAll(int descriptor, std::span<const std::byte> bytes, const std::string& shown) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throwSystemError(shown, "cannot be written", errno);
    bytes = bytes.subspan(std::size_t(n));
  }
}

// The permissions that a new file would get. Reading the mask means setting it for a moment; done once.
mode_t newFileMode() {
  static const mode_t mode = [] {
    const mode_t mask = ::umask(022);
    ::umask(mask);
    return mode_t(0666 & ~mask);
  }();
  return mode;
}

}  // namespace

void throwSystemError(const std::string& path, const char* what, int code) {
  throw OutputError(path + ": " + what + ": " + std::system_category().message(code));
}

bool isSpecialFile(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

std::vector<std::byte> readFileBounded(const std::string& path, std::uintmax_t limit) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throwSystemError(path, "cannot be read", errno);
  std::vector<std::byte> bytes;
  try {
    struct stat info;
    if (::fstat(descriptor, &info) != 0) throwSystemError(path, "cannot be read", errno);
    if (!S_ISREG(info.st_mode)) throw OutputError(path + ": is not a file");
    if (std::uintmax_t(info.st_size) > limit)
      throw OutputError(path + ": has more than " + std::to_string(limit >> 20) + " MiB");
    bytes.resize(std::size_t(info.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::read(descriptor, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throwSystemError(path, "cannot be read", errno);
      if (n == 0) break;
      done += std::size_t(n);
    }
    bytes.resize(done);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
  return bytes;
}

Temporary::Temporary(const std::string& target) : shown_(target), target_(target) {
  if (target.empty()) throw OutputError("the name of the file to write is empty");
  std::error_code ignored;
  // A link stays a link: what it points to is replaced.
  if (const auto real = std::filesystem::canonical(target, ignored); !ignored) target_ = real.string();
  if (std::filesystem::is_directory(target_, ignored)) throwSystemError(shown_, "cannot be written", EISDIR);
  path_ = target_ + "." + std::string(6, 'X') + ".tmp";  // mkostemps fills in the letters
  descriptor_ = ::mkostemps(path_.data(), 4, O_CLOEXEC);
  if (descriptor_ < 0) throwSystemError(shown_, "cannot be written", errno);
}

Temporary::~Temporary() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Temporary::commit() {
  struct stat info;
  const mode_t mode = ::stat(target_.c_str(), &info) == 0 ? info.st_mode & 07777 : newFileMode();
  // Through a new descriptor: the bytes may have been written under this name by somebody else's.
  const int fresh = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fresh < 0) throwSystemError(shown_, "cannot be written", errno);
  const bool flushed = ::fchmod(fresh, mode) == 0 && ::fsync(fresh) == 0;
  const int code = errno;
  ::close(fresh);
  if (!flushed) throwSystemError(shown_, "cannot be written", code);
  if (::rename(path_.c_str(), target_.c_str()) != 0) throwSystemError(shown_, "cannot be replaced", errno);
  path_.clear();
  // The new name reaches the disk with its folder; a file system that cannot flush folders has done what it can.
  const std::string folder = std::filesystem::path(target_).parent_path().string();
  const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

void writeFileAtomically(const std::string& path, std::span<const std::byte> bytes) {
  if (isSpecialFile(path)) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) throwSystemError(path, "cannot be written", errno);
    try {
      writeAll(descriptor, bytes, path);
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    if (::close(descriptor) != 0) throwSystemError(path, "cannot be written", errno);
    return;
  }
  Temporary file(path);
  writeAll(file.descriptor(), bytes, path);
  file.commit();
}

}  // namespace gs
