// The direction of dependency, checked on the includes themselves (the targets check what is linked).
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

#include "sources.h"

namespace gs::rules {
namespace {

// What each room may include of ours: another room, or one header of it. A room may always include itself.
const std::map<std::string, std::set<std::string>> kTable{
    {"core/diffusion", {}},
    {"core/session", {"diffusion", "assets.h"}},
    {"core/data", {"session", "diffusion", "assets.h"}},
    {"core/gl", {"assets.h"}},
    {"core/engine", {"data", "session", "diffusion", "gl", "shaders/shared.h"}},
    {"core/truth", {"engine", "data", "session", "diffusion"}},
    {"core/learn", {"output/files.h", "data", "session", "diffusion"}},
    {"core/measure", {"learn", "truth", "engine", "data", "session", "diffusion"}},
    {"core/render", {"session", "diffusion", "gl", "engine/frame.h", "assets.h", "shaders/shared.h"}},
    {"core/output", {"render", "truth", "engine", "data", "session", "diffusion", "assets.h"}},
    {"app/panels", {"learn", "measure", "truth", "engine", "render", "data", "session", "diffusion", "assets.h"}},
    {"app/window",
     {"panels", "learn", "measure", "truth", "engine", "render", "gl", "data", "output", "session", "diffusion",
      "assets.h"}},
    {"app/cli",
     {"panels", "learn", "measure", "truth", "engine", "render", "gl", "data", "output", "session", "diffusion",
      "assets.h"}},
};

bool startsWithAny(std::string_view name, std::initializer_list<std::string_view> heads) {
  for (std::string_view head : heads)
    if (name.starts_with(head)) return true;
  return false;
}

// <QWidget>, <QtGui/QFoo>, <qopengl.h>
bool isQt(std::string_view name) {
  return (name.size() > 1 && name[0] == 'Q' && (std::isupper(static_cast<unsigned char>(name[1])) || name[1] == 't')) ||
         startsWithAny(name, {"qt", "qopengl", "qwidget", "qapplication"});
}

std::string place(const Source& s, const Include& i) {
  return s.path + ":" + std::to_string(i.line) + " includes " + i.name;
}

TEST(IncludeTable, EveryRoomIsInTheTable) {
  std::set<std::string> seen;
  for (const Source& s : sources()) {
    if (s.path.starts_with("tests/") || s.room() == "core") continue;
    EXPECT_TRUE(kTable.contains(s.room())) << s.path << " lies in a room that has no row in this test's table";
    seen.insert(s.room());
  }
  // Each row is of use: a table for folders that do not exist would check nothing.
  for (const auto& [room, allowed] : kTable) EXPECT_TRUE(seen.contains(room)) << room << " has no source files";
}

TEST(IncludeTable, RoomsIncludeOnlyWhatTheyMay) {
  int checked = 0;
  for (const Source& s : sources()) {
    const auto row = kTable.find(s.room());
    if (row == kTable.end()) continue;
    const std::string own = s.room().substr(s.room().find('/') + 1);
    for (const Include& i : s.includes) {
      if (!i.quoted || i.name.starts_with("hwy/")) continue;  // Highway's own headers are included in quotes
      EXPECT_FALSE(i.name.starts_with("..")) << place(s, i) << ": say the room's name instead";
      const std::size_t slash = i.name.find('/');
      if (slash == std::string::npos && i.name != "assets.h") continue;  // beside the file itself
      const std::string room = slash == std::string::npos ? i.name : i.name.substr(0, slash);
      const bool allowed = room == own || row->second.contains(room) || row->second.contains(i.name);
      // A folder inside a room ("kernels/step.inl" from core/diffusion) is the room itself.
      const bool inside = std::filesystem::exists(std::filesystem::path(GS_SOURCE_DIR) / s.room() / i.name);
      EXPECT_TRUE(allowed || inside) << place(s, i) << ", which " << s.room() << " may not use";
      ++checked;
    }
  }
  EXPECT_GT(checked, 20);
}

TEST(IncludeTable, ForeignHeadersStayWhereTheyBelong) {
  std::set<std::string> epoxyInApp;
  for (const Source& s : sources()) {
    for (const Include& i : s.includes) {
      const std::string room = s.room();
      const bool test = s.path.starts_with("tests/");
      if (isQt(i.name)) {
        EXPECT_TRUE(room == "app/window" || room == "tests/gui") << place(s, i) << ": Qt stays in app/window";
        EXPECT_EQ(i.name.find("QOpenGLFunctions"), std::string::npos) << place(s, i) << ": undefines epoxy's names";
        EXPECT_EQ(i.name.find("QOpenGLExtraFunctions"), std::string::npos) << place(s, i);
      }
      if (i.name.starts_with("imgui")) {
        EXPECT_TRUE(room == "app/panels" || room == "app/window" || test) << place(s, i);
      }
      if (i.name.starts_with("epoxy/")) {
        const bool app = s.path.starts_with("app/");
        EXPECT_TRUE(room == "core/gl" || room == "core/render" || room == "core/engine" || app || test) << place(s, i);
        if (app) epoxyInApp.insert(s.path);
      }
      if (i.name.starts_with("hwy/")) {
        EXPECT_TRUE(room == "core/engine" || s.path == "core/render/host_pixels.cpp" || test)
            << place(s, i) << ": SIMD stays in core/engine, and in the renderer's rows of pixels";
      }
      EXPECT_FALSE(startsWithAny(i.name, {"GL/gl", "GLES", "EGL/"})) << place(s, i) << ": GL comes through epoxy";
      if (startsWithAny(i.name, {"torch/", "ATen/", "c10/"})) {
        EXPECT_TRUE(s.path.starts_with("core/learn/torch/")) << place(s, i) << ": no program links LibTorch";
      }
    }
  }
  EXPECT_EQ(epoxyInApp,
            (std::set<std::string>{"app/panels/off_screen.cpp", "app/window/canvas.cpp", "app/window/composition.cpp"}))
      << "OpenGL is spoken by the window's two drawing files of app and by the panels of exports only";
}

TEST(IncludeTable, DiffusionIsPureMathematics) {
  for (const Source& s : sources()) {
    if (s.room() != "core/diffusion") continue;
    for (const Include& i : s.includes)
      EXPECT_FALSE(startsWithAny(i.name, {"fstream", "iostream", "cstdio", "filesystem", "thread", "mutex", "atomic"}))
          << place(s, i) << ": core/diffusion has no I/O and no threads";
  }
}

}  // namespace
}  // namespace gs::rules
