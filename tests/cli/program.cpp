#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace gs::test {

namespace {

pid_t start(const std::vector<std::string>& arguments, const Environment& environment, const std::string& out,
            const std::string& err, std::size_t addressSpace = 0) {
  std::vector<char*> argv{const_cast<char*>(GS_CLI)};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    const int in = open("/dev/null", O_RDONLY);
    const int o = open(out.c_str(), O_WRONLY | O_CREAT, 0600);
    const int e = open(err.c_str(), O_WRONLY | O_CREAT, 0600);
    dup2(in, 0);
    dup2(o, 1);
    dup2(e, 2);
    const rlimit limit{addressSpace, addressSpace};
    if (addressSpace > 0) setrlimit(RLIMIT_AS, &limit);
    execv(GS_CLI, argv.data());
    _exit(127);
  }
  return pid;
}

int waitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

template <class T>
void append(std::vector<double>& values, const std::string& bytes, std::size_t from) {
  for (std::size_t at = from; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    values.push_back(double(value));
  }
}

// The format of numpy.lib.format, version 1: magic, version, header length, a Python dict, then the numbers.
Array parseNpy(const std::string& bytes) {
  if (bytes.size() < 10 || bytes.compare(0, 6, "\x93NUMPY") != 0 || bytes[6] != 1)
    throw std::runtime_error("not an NPY file of version 1");
  const std::size_t length = std::uint8_t(bytes[8]) + 256u * std::uint8_t(bytes[9]);
  const std::string header = bytes.substr(10, length);
  if ((10 + length) % 16 != 0) throw std::runtime_error("the numbers are not aligned");
  Array array;
  std::smatch found;
  if (!std::regex_search(header, found, std::regex("'descr': *'([^']+)'"))) throw std::runtime_error("no descr");
  array.descr = found[1];
  if (!std::regex_search(header, std::regex("'fortran_order': *False"))) throw std::runtime_error("fortran_order");
  if (!std::regex_search(header, found, std::regex("'shape': *\\(([^)]*)\\)"))) throw std::runtime_error("no shape");
  const std::string shape = found[1];
  const std::regex digits("[0-9]+");
  std::size_t count = 1;
  for (std::sregex_iterator it(shape.begin(), shape.end(), digits), end; it != end; ++it) {
    array.shape.push_back(std::stoul(it->str()));
    count *= array.shape.back();
  }
  if (array.descr == "<f4") append<float>(array.values, bytes, 10 + length);
  if (array.descr == "<f8") append<double>(array.values, bytes, 10 + length);
  if (array.descr == "|u1") append<std::uint8_t>(array.values, bytes, 10 + length);
  if (array.values.size() != count) throw std::runtime_error("size does not fit the shape");
  return array;
}

}  // namespace

Result run(const std::vector<std::string>& arguments, const Environment& environment, const std::string& stdoutPath,
           std::size_t addressSpace) {
  const Folder folder;
  const std::string out = stdoutPath.empty() ? folder.file("out") : stdoutPath, err = folder.file("err");
  Result result;
  result.code = waitFor(start(arguments, environment, out, err, addressSpace));
  if (stdoutPath.empty()) result.out = readFile(out);
  result.err = readFile(err);
  return result;
}

Running::Running(const std::vector<std::string>& arguments) : pid_(start(arguments, {}, "/dev/null", "/dev/null")) {}
Running::~Running() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait();
  }
}
void Running::signal(int number) const { kill(pid_, number); }
int Running::wait() {
  const int code = waitFor(pid_);
  pid_ = -1;
  return code;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "guidescope-cli-test-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  path_ = name;
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}
std::string Folder::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(file(name), std::ios::binary) << bytes;
  return file(name);
}
std::vector<std::string> Folder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, Array> readNpz(const std::string& path) {
  std::map<std::string, Array> arrays;
  int error = 0;
  zip_t* zip = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (!zip) return arrays;
  for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0); ++i) {
    zip_stat_t stat;
    zip_stat_index(zip, zip_uint64_t(i), 0, &stat);
    std::string bytes(stat.size, '\0');
    zip_file_t* member = zip_fopen_index(zip, zip_uint64_t(i), 0);
    const zip_int64_t got = member ? zip_fread(member, bytes.data(), bytes.size()) : -1;
    if (member) zip_fclose(member);
    if (got != zip_int64_t(bytes.size())) {
      arrays.clear();
      break;
    }
    std::string name = stat.name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    arrays[name] = parseNpy(bytes);
  }
  zip_discard(zip);
  return arrays;
}

std::string readFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace gs::test
