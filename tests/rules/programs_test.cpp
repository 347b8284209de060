// What the programs load. LibTorch is opened at run time where it is wanted, never linked (it would cost up to 1.5 s
// before main and bring Qt 5 along); the command line runs where there is no Qt.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace gs::rules {
namespace {

std::string outputOf(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return text;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

// The libraries of a program, its libraries' own included.
std::string librariesOf(const std::string& program) {
  const std::string path = std::string(GS_BINARY_DIR) + "/" + program;
  EXPECT_TRUE(std::filesystem::exists(path)) << path;
  const std::string text = outputOf("ldd '" + path + "'");
  EXPECT_NE(text.find("libstdc++"), std::string::npos) << "ldd says nothing of use:\n" << text;
  return text;
}

void expectNone(const std::string& libraries, std::initializer_list<const char*> names) {
  for (const char* name : names) EXPECT_EQ(libraries.find(name), std::string::npos) << name << " in\n" << libraries;
}

TEST(Programs, CommandLineHasNoQtAndNoTorch) {
  const std::string libraries = librariesOf("guidescope-cli");
  // cairo brings libX11, which nothing calls; FFmpeg's 160 libraries are opened when a film is written.
  expectNone(libraries, {"libQt", "libtorch", "libc10", "libavcodec", "not found"});
}

#ifdef GS_HAS_WINDOW
TEST(Programs, WindowHasQt6Only) {
  const std::string libraries = librariesOf("guidescope");
  expectNone(libraries, {"libQt5", "libtorch", "libc10", "not found"});
  EXPECT_NE(libraries.find("libQt6Gui"), std::string::npos);
}
#endif

}  // namespace
}  // namespace gs::rules
