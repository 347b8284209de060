#include <zip.h>

#include <limits>
#include <set>

#include "output/files.h"
#include "output/temporary.h"

namespace gs {
namespace {

// The header of NPY format 1.0: magic, version, length, a Python literal padded with blanks so that the data start at
// a multiple of 64.
std::string npyHeader(const NpzMember& m) {
  std::string shape = "(";
  for (std::size_t i = 0; i < m.shape.size(); ++i) shape += (i > 0 ? ", " : "") + std::to_string(m.shape[i]);
  shape += m.shape.size() == 1 ? ",)" : ")";
  std::string dict = "{'descr': '" + m.descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  constexpr std::size_t kFixed = 10, kAlign = 64;
  dict.append((kAlign - (kFixed + dict.size() + 1) % kAlign) % kAlign, ' ');
  dict += '\n';
  if (dict.size() > std::numeric_limits<std::uint16_t>::max())
    throw OutputError("member '" + m.name + "': too many dimensions for an NPY file");
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(dict.size() & 0xFF);
  header += char(dict.size() >> 8);
  return header + dict;
}

void validate(std::span<const NpzMember> members) {
  if (members.empty()) throw OutputError("an NPZ file needs at least one array");
  std::set<std::string> names;
  for (const NpzMember& m : members) {
    const auto fail = [&](const std::string& what) { throw OutputError("member '" + m.name + "': " + what); };
    if (m.name.empty() || m.name.find('/') != std::string::npos) fail("is no name for an array");
    if (!names.insert(m.name).second) fail("is there twice");
    std::size_t bytes = m.descr == "<f8" ? 8 : m.descr == "<f4" || m.descr == "<i4" ? 4 : m.descr == "|u1" ? 1 : 0;
    if (bytes == 0) fail("the type '" + m.descr + "' is not one of <f4, <f8, <i4, |u1");
    for (const std::size_t n : m.shape) {
      if (n != 0 && bytes > std::numeric_limits<std::size_t>::max() / n) fail("the shape is too large");
      bytes *= n;
    }
    if (bytes != m.data.size())
      fail("the shape needs " + std::to_string(bytes) + " bytes, there are " + std::to_string(m.data.size()));
  }
}

}  // namespace

void writeNpz(const std::string& path, std::span<const NpzMember> members) {
  validate(members);
  if (isSpecialFile(path)) throw OutputError(path + ": an NPZ file cannot be written to a device or a pipe");
  Temporary file(path);
  int code = 0;
  zip_t* zip = zip_open(file.path().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!zip) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string words = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw OutputError(path + ": cannot be written: " + words);
  }
  const auto fail = [&] {
    const std::string words = zip_strerror(zip);
    zip_discard(zip);
    throw OutputError(path + ": cannot be written: " + words);
  };
  // libzip reads the caller's arrays in place when it closes the file: gigabytes of trajectories are not copied.
  std::vector<std::string> headers;
  headers.reserve(members.size());
  for (const NpzMember& m : members) {
    std::string& header = headers.emplace_back(npyHeader(m));
    zip_buffer_fragment_t parts[2] = {
        {reinterpret_cast<zip_uint8_t*>(header.data()), header.size()},
        {reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(m.data.data())), m.data.size()}};
    zip_source_t* source = zip_source_buffer_fragment(zip, parts, m.data.empty() ? 1 : 2, 0);
    if (!source) fail();
    const zip_int64_t index = zip_file_add(zip, (m.name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      fail();
    }
    // The first day that a zip file can name: the same members give the same bytes.
    constexpr zip_uint16_t kMidnight = 0, kFirstDay = (1 << 5) | 1;
    if (zip_set_file_compression(zip, zip_uint64_t(index), ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(zip, zip_uint64_t(index), kMidnight, kFirstDay, 0) != 0)
      fail();
  }
  if (zip_close(zip) != 0) fail();
  file.commit();
}

}  // namespace gs
