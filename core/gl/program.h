// Shaders from the embedded files, with #include, and errors that name the file and the line.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gl/objects.h"

namespace gs::gl {

// The text of a shader with its includes in place. `#include "x"` looks for the asset "x", "shaders/x", then
// "kernels/x"; a file is included once per shader. `files[i]` is the source-string number i of the #line directives.
struct ShaderText {
  std::string text;
  std::vector<std::string> files;
};
// `asset`: "shaders/particles.vert". `defines`: lines such as "#define GS_COUNT 4\n", placed after #version.
// Throws std::runtime_error naming file and line of an include that does not exist.
ShaderText shaderText(std::string_view asset, std::string_view defines = {});
// Puts the files' names into a compiler's log: "0:12(5): error" becomes "shaders/particles.vert:12: error".
std::string nameFiles(const std::string& log, const std::vector<std::string>& files);

class Program {
 public:
  Program() = default;
  // Stages by the ending of the asset: .vert, .frag, .comp. Throws std::runtime_error with the log.
  explicit Program(std::initializer_list<std::string_view> assets, std::string_view defines = {});

  GLuint id() const { return handle_.id(); }
  void use() const { glUseProgram(id()); }
  // A uniform that the compiler has dropped is ignored.
  void set(const char* name, int) const;
  void set(const char* name, float) const;
  void set(const char* name, float, float) const;
  void set(const char* name, float, float, float) const;
  void set(const char* name, float, float, float, float) const;
  void setVec3s(const char* name, std::span<const float> xyz) const;

 private:
  static void remove(GLuint id) { glDeleteProgram(id); }
  // Asked of the driver once: drivers with a thread of their own wait for it at every such question.
  GLint locationOf(const char* name) const;
  Handle<remove> handle_;
  mutable std::vector<std::pair<std::string, GLint>> locations_;
};

}  // namespace gs::gl
