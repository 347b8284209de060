#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "guidescope-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }
  std::size_t entries() const {
    return std::size_t(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

std::string loadError(const std::string& path) {
  try {
    loadSession(path);
  } catch (const SessionError& e) {
    return e.what();
  }
  return "no error";
}
std::string saveError(const Session& s, const std::string& path) {
  try {
    saveSession(s, path);
  } catch (const SessionError& e) {
    return e.what();
  }
  return "no error";
}

Session numbered(int n) {
  Session s;
  s.name = "number " + std::to_string(n);
  s.notes = std::string(std::size_t(n) % 4000, 'n');  // files of many lengths
  s.panes[0].particles.seed = std::uint32_t(n);
  return s;
}

TEST_F(Files, SavedSessionsOpenAgain) {
  const std::string file = path("scene.json");
  saveSession(numbered(5), file);
  EXPECT_EQ(loadSession(file), numbered(5));
  saveSession(numbered(6), file);
  EXPECT_EQ(loadSession(file), numbered(6));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, ANamelessSessionTakesTheFilesName) {
  Session s;
  saveSession(s, path("two.rings.json"));
  EXPECT_EQ(loadSession(path("two.rings.json")).name, "two.rings");
}

TEST_F(Files, PermissionsAndLinksAreKept) {
  const std::string file = path("scene.json"), link = path("link.json");
  saveSession(numbered(1), file);
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  fs::create_symlink("scene.json", link);
  saveSession(numbered(2), link);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(loadSession(file), numbered(2));
  EXPECT_EQ(int(fs::status(file).permissions()), 0640);
}

TEST_F(Files, ErrorsNameTheFileAndTheReason) {
  EXPECT_EQ(loadError(path("none.json")), path("none.json") + ": cannot be opened: No such file or directory");
  EXPECT_EQ(loadError(folder_.string()), folder_.string() + ": is a folder, not a session");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(loadError(path("pipe")), path("pipe") + ": is not a regular file");
  write("broken.json", "{\n]");
  EXPECT_THAT(loadError(path("broken.json")), StartsWith(path("broken.json") + ": line 2, column 1: "));
  write("range.json", R"({"format":"guidescope-session","version":1,"panes":[{"guidance":[{"omega":40}]}]})");
  EXPECT_EQ(loadError(path("range.json")), path("range.json") + ": panes.0.guidance.0.omega: 40 is outside -1..20");
  EXPECT_EQ(saveError(Session{}, path("no/such/folder.json")),
            path("no/such/folder.json") + ": cannot be written: No such file or directory");
  EXPECT_EQ(saveError(Session{}, folder_.string()), folder_.string() + ": is not a regular file");
}

TEST_F(Files, TooLargeIsRefusedUnread) {
  write("huge.json", "{");
  fs::resize_file(path("huge.json"), kMaxTextBytes + 1);  // sparse
  EXPECT_EQ(loadError(path("huge.json")), path("huge.json") + ": is larger than 32 MiB");
}

TEST_F(Files, ASessionThatCouldNotBeOpenedAgainIsNotSaved) {
  saveSession(numbered(1), path("scene.json"));
  Session bad = numbered(2);
  bad.view.time = 7;
  EXPECT_THAT(saveError(bad, path("scene.json")), HasSubstr("not saved: view.time: 7 is outside 0..1"));
  EXPECT_EQ(loadSession(path("scene.json")), numbered(1));
}

TEST_F(Files, AFullDiskLeavesTheOldFile) {
  const std::string file = path("scene.json");
  saveSession(numbered(1), file);
  Session large = numbered(2);
  large.notes = std::string(4000, 'x');
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // a limit on the file size stands in for a full disk
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string error = saveError(large, file);
    ::_exit(error.find(file + ": cannot be written: File too large") == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(loadSession(file), numbered(1));
  EXPECT_EQ(entries(), 1u);
}

// Kills a child at random moments while it saves over and over. Whatever the moment, the file holds one whole session.
TEST_F(Files, AKillDuringASaveLeavesTheOldOrTheNewFile) {
  const std::string file = path("scene.json");
  saveSession(numbered(0), file);
  std::mt19937 random(3);
  int last = 0, advanced = 0;
  for (int round = 0; round < 60; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int n = last + 1;; ++n) {
        try {
          saveSession(numbered(n), file);
        } catch (...) {
          ::_exit(1);
        }
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<>(0, 12000)(random)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child could not save";
    Session s;
    ASSERT_NO_THROW(s = loadSession(file)) << "round " << round;
    const int n = int(s.panes[0].particles.seed);
    ASSERT_EQ(s, numbered(n));
    ASSERT_GE(n, last);
    if (n > last) ++advanced;
    last = n;
  }
  EXPECT_GT(advanced, 0);
}

TEST_F(Files, ScenesOpenByNameOrPath) {
  EXPECT_EQ(openScene("two-modes"), scenePreset("two-modes"));
  saveSession(numbered(3), path("mine.json"));
  EXPECT_EQ(openScene(path("mine.json")), numbered(3));
  const auto errorOf = [](const std::string& name) -> std::string {
    try {
      openScene(name);
    } catch (const SessionError& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(errorOf("two-mods"), "'two-mods' is neither a preset nor a file; the nearest preset is two-modes");
  EXPECT_EQ(errorOf("zzzzzzz"),
            "'zzzzzzz' is neither a preset nor a file; 'guidescope-cli list presets' names the presets");
  EXPECT_EQ(errorOf("./two-mods.json"), "./two-mods.json: cannot be opened: No such file or directory");
  EXPECT_THROW(scenePreset("two-mods"), SessionError);
}

}  // namespace
}  // namespace gs
