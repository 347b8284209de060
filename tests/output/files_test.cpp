#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "output/files.h"
#include "temporary_folder.h"

namespace gs {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::span<const std::byte> bytesOf(const std::string& s) { return std::as_bytes(std::span(s)); }

TEST(WriteFile, ReplacesWholeFilesAndLeavesNothingBehind) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  writeFileAtomically(path, bytesOf("first"));
  EXPECT_EQ(contents(path), "first");
  writeFileAtomically(path, bytesOf(std::string(3'000'000, 'x')));
  EXPECT_EQ(contents(path).size(), 3'000'000u);
  writeFileAtomically(path, {});
  EXPECT_EQ(contents(path), "");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteFile, KeepsPermissionsAndLinks) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt"), link = folder.file("link.txt");
  struct stat info;
  const mode_t mask = ::umask(022);
  ::umask(mask);
  writeFileAtomically(path, bytesOf("old"));
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, mode_t(0666 & ~mask));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  std::filesystem::create_symlink(path, link);
  writeFileAtomically(link, bytesOf("new"));
  EXPECT_EQ(contents(path), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, mode_t(0640));
}

TEST(WriteFile, ErrorsNameThePathAndTheSystemsWords) {
  const TemporaryFolder folder;
  const std::string missing = folder.file("no/such/a.txt");
  EXPECT_THAT([&] { writeFileAtomically(missing, {}); },
              ThrowsMessage<OutputError>(missing + ": cannot be written: No such file or directory"));
  EXPECT_THAT([&] { writeFileAtomically(folder.path().string(), {}); },
              ThrowsMessage<OutputError>(HasSubstr("Is a directory")));
  EXPECT_THAT([&] { writeFileAtomically("", {}); },
              ThrowsMessage<OutputError>("the name of the file to write is empty"));
  EXPECT_THAT([&] { writeFileAtomically("/dev/full", bytesOf("x")); },
              ThrowsMessage<OutputError>("/dev/full: cannot be written: No space left on device"));
  EXPECT_EQ(folder.entries(), 0);
}

TEST(WriteFile, DevicesAreWrittenDirectly) {
  EXPECT_NO_THROW(writeFileAtomically("/dev/null", bytesOf("x")));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(WriteFile, AKillLeavesTheOldOrTheNewFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  const std::string versions[2] = {std::string(2'000'000, 'a'), std::string(1'000'000, 'b')};
  writeFileAtomically(path, bytesOf(versions[0]));
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int i = 0;; ++i) writeFileAtomically(path, bytesOf(versions[i % 2]));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 7 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string now = contents(path);
    EXPECT_TRUE(now == versions[0] || now == versions[1]) << now.size();
  }
}

}  // namespace
}  // namespace gs
