// The project's own source files, for the tests that read them.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace gs::rules {

struct Include {
  int line = 0;
  std::string name;  // what stands between the quotes or brackets
  bool quoted = false;
};

struct Source {
  std::string path;  // below the source tree, e.g. "core/engine/plan.cpp"
  std::string text;
  std::vector<Include> includes;
  int lines = 0;

  // "core/engine" for core/engine/a.cpp and core/engine/deep/b.cpp; "core" for core/assets.h.
  std::string room() const;
};

// All .h, .cpp and .inl files below core, app and tests, sorted by path.
const std::vector<Source>& sources();

std::string readAll(const std::filesystem::path&);

}  // namespace gs::rules
