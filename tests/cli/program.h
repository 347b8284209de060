// Runs guidescope-cli as a person would, and reads what it wrote.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gs::test {

struct Result {
  int code = -1;  // the exit status; 128 + signal where one ended it
  std::string out, err;
};

using Environment = std::map<std::string, std::string>;  // on top of this process's own

// addressSpace: bytes that the program may map, 0 for no limit.
Result run(const std::vector<std::string>& arguments, const Environment& = {}, const std::string& stdoutPath = {},
           std::size_t addressSpace = 0);

// A run that is still going on.
class Running {
 public:
  explicit Running(const std::vector<std::string>& arguments);
  ~Running();
  void signal(int) const;
  int wait();  // as Result::code

 private:
  pid_t pid_;
};

// An empty folder that goes away with its owner.
class Folder {
 public:
  Folder();
  ~Folder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const;  // -> its path
  std::vector<std::string> names() const;                                      // sorted

 private:
  std::filesystem::path path_;
};

// One array of an NPZ, read independently of the program: shape and numbers as doubles.
struct Array {
  std::string descr;
  std::vector<std::size_t> shape;
  std::vector<double> values;
};
std::map<std::string, Array> readNpz(const std::string& path);  // empty when it cannot be read

std::string readFile(const std::string& path);

}  // namespace gs::test
