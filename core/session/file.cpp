// Whole session files. A save is atomic: a temporary beside the target is flushed to disk and renamed over it, so that
// a kill or a power cut leaves the old or the new file.
#include <cerrno>
#include <filesystem>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what, int error) {
  throw SessionError(path + ": " + what + ": " + std::generic_category().message(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

std::string readFile(const std::string& path) {
  // O_NONBLOCK: a pipe without a writer must not hang the program; it is refused below.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) fail(path, "cannot be opened", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail(path, "cannot be read", errno);
  if (S_ISDIR(info.st_mode)) throw SessionError(path + ": is a folder, not a session");
  if (!S_ISREG(info.st_mode)) throw SessionError(path + ": is not a regular file");
  std::string bytes;
  const auto tooLarge = [&] {
    throw SessionError(path + ": is larger than " + std::to_string(kMaxTextBytes >> 20) + " MiB");
  };
  if (std::uintmax_t(info.st_size) > kMaxTextBytes) tooLarge();
  bytes.reserve(std::size_t(info.st_size));
  char block[65536];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read", errno);
    if (got == 0) return bytes;
    bytes.append(block, std::size_t(got));
    if (bytes.size() > kMaxTextBytes) tooLarge();  // it grew meanwhile
  }
}

void writeAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(path, "cannot be written", errno);
    bytes.remove_prefix(std::size_t(put));
  }
}

// A new file in the folder of `target`, named after it. open() applies the user's mask.
int createBeside(const std::string& target, std::string& name) {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    name = target + '.' + std::to_string(random()) + ".tmp";
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

}  // namespace

Session loadSession(const std::string& path) {
  const std::string bytes = readFile(path);
  try {
    Session s = parseSession(bytes);
    if (s.name.empty()) s.name = toUtf8(std::filesystem::path(path).stem().string()).substr(0, 190);
    if (!isUtf8(s.name)) s.name = toUtf8(s.name);  // cut inside a letter
    return s;
  } catch (const SessionError& e) {
    throw SessionError(path + ": " + e.what());
  }
}

void saveSession(const Session& session, const std::string& path) {
  const Session kept = canonical(session);
  try {
    validate(kept);  // a file that could not be opened again would be a loss
  } catch (const SessionError& e) {
    throw SessionError(path + ": not saved: " + e.what());
  }
  const std::string bytes = toJson(kept);

  // Through a symbolic link the file that it points to is replaced, not the link.
  std::error_code ignored;
  std::string target = std::filesystem::canonical(path, ignored).string();
  if (ignored) target = path;
  struct stat old {};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  if (replaces && !S_ISREG(old.st_mode)) throw SessionError(path + ": is not a regular file");
  if (replaces && ::access(target.c_str(), W_OK) != 0) fail(path, "cannot be written", errno);

  std::string temporary;
  Descriptor file(createBeside(target, temporary));
  if (!file) fail(path, "cannot be written", errno);
  try {
    if (replaces && ::fchmod(file.get(), old.st_mode & 07777) != 0) fail(path, "cannot keep its permissions", errno);
    writeAll(file.get(), bytes, path);
    if (::fsync(file.get()) != 0) fail(path, "cannot be flushed to disk", errno);
    if (file.close() != 0) fail(path, "cannot be written", errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0) fail(path, "cannot be replaced", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  // The rename itself reaches the disk with the folder. Some file systems cannot do this; the file is whole either way.
  const std::string folder = std::filesystem::path(target).parent_path().string();
  const Descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
}

}  // namespace gs
