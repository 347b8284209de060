// Files that the program writes: PNG with the session in a text chunk, NPZ. Always a temporary name, then a rename.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace gs {

struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Writes `bytes` to a temporary beside `path`, fsyncs, renames. Throws OutputError with the path and the system's
// words. An existing file keeps its permissions, a symbolic link its target's place; what is no file (/dev/stdout) is
// written to directly.
void writeFileAtomically(const std::string& path, std::span<const std::byte> bytes);

struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgba;  // [row][column][4], row 0 at the top, sRGB, straight alpha
};
// `session`: JSON text kept in the text chunk "guidescope-session" (may be empty). `made`: how the picture was made, in
// "guidescope-made".
void writePng(const Image&, const std::string& path, const std::string& session, const std::string& made = {});
struct PngContents {
  Image image;
  std::string session;
};
// What is known of a PNG without its pixels; all empty where there is none or it cannot be read. At most 64 MiB of
// text.
struct PngNote {
  int width = 0, height = 0;
  std::string session, made;
};
PngNote readPngNote(const std::string& path);
PngContents readPng(const std::string& path);  // bounded at 64 Mpixel; throws OutputError naming the path
// The same on bytes, for the clipboard and for dropped data; errors do not name a file.
std::vector<std::byte> encodePng(const Image&, const std::string& session, const std::string& made = {});
PngContents decodePng(std::span<const std::byte> bytes);

struct ImageDifference {
  int max = 0;
  double mean = 0;
};                                                    // over channels, 0..255
ImageDifference compare(const Image&, const Image&);  // throws OutputError when the sizes differ

// One NPY member of an NPZ. descr: "<f4", "<f8", "<i4", "|u1"; JSON text goes in as "|u1".
struct NpzMember {
  std::string name;  // without ".npy"
  std::string descr;
  std::vector<std::size_t> shape;
  std::span<const std::byte> data;
};
// Uncompressed, the same bytes for the same members; members and files over 4 GiB are written as zip64.
void writeNpz(const std::string& path, std::span<const NpzMember>);

}  // namespace gs
