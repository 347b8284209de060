#include "sources.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace gs::rules {

namespace fs = std::filesystem;

std::string readAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

static std::vector<Include> includesOf(const std::string& text) {
  std::vector<Include> found;
  std::istringstream in(text);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::size_t at = line.find_first_not_of(" \t");
    if (at == std::string::npos || line[at] != '#') continue;
    at = line.find_first_not_of(" \t", at + 1);
    if (at == std::string::npos || line.compare(at, 7, "include") != 0) continue;
    const std::size_t open = line.find_first_of("\"<", at);
    if (open == std::string::npos) continue;
    const std::size_t close = line.find(line[open] == '"' ? '"' : '>', open + 1);
    if (close == std::string::npos) continue;
    found.push_back({number, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
  return found;
}

std::string Source::room() const {
  const fs::path p(path);
  std::string room;
  int depth = 0;
  for (const fs::path& part : p.parent_path()) {
    if (depth++ == 2) break;
    if (!room.empty()) room += '/';
    room += part.string();
  }
  return room;
}

const std::vector<Source>& sources() {
  static const std::vector<Source> all = [] {
    std::vector<Source> found;
    const fs::path root = GS_SOURCE_DIR;
    const std::set<std::string> endings{".h", ".cpp", ".inl"};
    for (const char* top : {"core", "app", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        if (!entry.is_regular_file() || !endings.contains(entry.path().extension())) continue;
        Source s;
        s.path = fs::relative(entry.path(), root).generic_string();
        s.text = readAll(entry.path());
        s.includes = includesOf(s.text);
        s.lines = int(std::count(s.text.begin(), s.text.end(), '\n'));
        found.push_back(std::move(s));
      }
    }
    std::sort(found.begin(), found.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
    return found;
  }();
  return all;
}

}  // namespace gs::rules
