#include "gl/program.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "assets.h"

namespace gs::gl {
namespace {

std::optional<std::string_view> find(std::string_view name) {
  try {
    return asset(name);
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

// The name in `#include "name"`, or nothing; empty for `#include <...>`, which only C++ reads.
std::optional<std::string_view> includedName(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] != '#') return std::nullopt;
  const auto word = line.find_first_not_of(" \t", start + 1);
  if (word == std::string_view::npos || line.substr(word, 7) != "include") return std::nullopt;
  const auto open = line.find('"', word), close = line.rfind('"');
  if (open == std::string_view::npos || close <= open) return std::string_view{};
  return line.substr(open + 1, close - open - 1);
}

struct Assembler {
  ShaderText out;
  std::string_view defines;

  void append(const std::string& name, std::string_view body) {
    const auto file = out.files.size();
    out.files.push_back(name);
    const auto mark = [&](int line) {
      out.text += "#line " + std::to_string(line) + " " + std::to_string(file) + "\n";
    };
    if (file > 0) mark(1);
    int number = 0;
    while (!body.empty()) {
      ++number;
      const auto end = body.find('\n');
      const std::string_view line = body.substr(0, end);
      body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
      const auto included = includedName(line);
      if (line.starts_with("#pragma once") || (included && included->empty())) {
        out.text += "\n";
      } else if (included) {
        include(*included, name, number);
        mark(number + 1);
      } else {
        out.text.append(line).push_back('\n');
        if (file == 0 && line.starts_with("#version")) {
          out.text.append(defines);
          mark(number + 1);
        }
      }
    }
  }

  void include(std::string_view wanted, const std::string& from, int line) {
    for (const char* folder : {"", "shaders/", "kernels/"}) {
      const std::string path = folder + std::string(wanted);
      if (const auto body = find(path)) {
        if (std::find(out.files.begin(), out.files.end(), path) == out.files.end()) append(path, *body);
        return;
      }
    }
    throw std::runtime_error(from + ":" + std::to_string(line) + ": no embedded file to include named \"" +
                             std::string(wanted) + "\"");
  }
};

GLenum stageOf(std::string_view name) {
  if (name.ends_with(".vert")) return GL_VERTEX_SHADER;
  if (name.ends_with(".frag")) return GL_FRAGMENT_SHADER;
  if (name.ends_with(".comp")) return GL_COMPUTE_SHADER;
  throw std::runtime_error("shader " + std::string(name) + " ends in none of .vert, .frag, .comp");
}

void removeShader(GLuint id) { glDeleteShader(id); }

template <class Get, class Log>
std::string infoLog(GLuint id, Get get, Log log) {
  GLint length = 0;
  get(id, GL_INFO_LOG_LENGTH, &length);
  std::string text(std::size_t(std::max(length, 1)), '\0');
  log(id, length, nullptr, text.data());
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n')) text.pop_back();
  return text;
}

}  // namespace

ShaderText shaderText(std::string_view name, std::string_view defines) {
  const auto body = find(name);
  if (!body) throw std::runtime_error("no embedded shader named " + std::string(name));
  Assembler assembler{{}, defines};
  assembler.append(std::string(name), *body);
  return std::move(assembler.out);
}

std::string nameFiles(const std::string& log, const std::vector<std::string>& files) {
  std::string out;
  std::size_t at = 0;
  while (at <= log.size()) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    const std::string_view line(log.data() + at, end - at);
    // Mesa: "1:12(5): ..."; NVIDIA: "1(12) : ..."; others: "ERROR: 1:12: ...".
    const std::size_t digits = line.starts_with("ERROR: ") ? 7 : 0;
    unsigned file = 0, number = 0;
    const char* const last = line.data() + line.size();
    auto r = std::from_chars(line.data() + digits, last, file);
    bool named = false;
    if (r.ec == std::errc{} && r.ptr < last && (*r.ptr == ':' || *r.ptr == '(') && file < files.size()) {
      r = std::from_chars(r.ptr + 1, last, number);
      if (r.ec == std::errc{}) {
        const char* rest = r.ptr;
        if (rest < last && *rest == ')') ++rest;
        if (rest < last && *rest == '(')
          while (rest < last && *rest++ != ')') {
          }
        while (rest < last && (*rest == ' ' || *rest == ':')) ++rest;
        out += files[file] + ":" + std::to_string(number) + ": " + std::string(rest, last);
        named = true;
      }
    }
    if (!named) out += line;
    if (end == log.size()) break;
    out += '\n';
    at = end + 1;
  }
  return out;
}

Program::Program(std::initializer_list<std::string_view> assets, std::string_view defines) {
  handle_ = Handle<remove>(glCreateProgram());
  std::string names;
  std::vector<Handle<removeShader>> shaders;
  for (const std::string_view name : assets) {
    names += (names.empty() ? "" : " + ") + std::string(name);
    const ShaderText source = shaderText(name, defines);
    const GLuint shader = shaders.emplace_back(glCreateShader(stageOf(name))).id();
    const char* text = source.text.data();
    const GLint length = GLint(source.text.size());
    glShaderSource(shader, 1, &text, &length);
    glCompileShader(shader);
    GLint ok = 0;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
    if (!ok)
      throw std::runtime_error("shader " + std::string(name) + " does not compile:\n" +
                               nameFiles(infoLog(shader, glGetShaderiv, glGetShaderInfoLog), source.files));
    glAttachShader(id(), shader);
  }
  glLinkProgram(id());
  GLint ok = 0;
  glGetProgramiv(id(), GL_LINK_STATUS, &ok);
  if (!ok)
    throw std::runtime_error("shaders " + names + " do not link:\n" +
                             infoLog(id(), glGetProgramiv, glGetProgramInfoLog));
}

GLint Program::locationOf(const char* name) const {
  for (const auto& [known, location] : locations_)
    if (known == name) return location;
  return locations_.emplace_back(name, glGetUniformLocation(id(), name)).second;
}

void Program::set(const char* name, int a) const { glProgramUniform1i(id(), locationOf(name), a); }
void Program::set(const char* name, float a) const { glProgramUniform1f(id(), locationOf(name), a); }
void Program::set(const char* name, float a, float b) const { glProgramUniform2f(id(), locationOf(name), a, b); }
void Program::set(const char* name, float a, float b, float c) const {
  glProgramUniform3f(id(), locationOf(name), a, b, c);
}
void Program::set(const char* name, float a, float b, float c, float d) const {
  glProgramUniform4f(id(), locationOf(name), a, b, c, d);
}
void Program::setVec3s(const char* name, std::span<const float> xyz) const {
  glProgramUniform3fv(id(), locationOf(name), GLsizei(xyz.size() / 3), xyz.data());
}

}  // namespace gs::gl
