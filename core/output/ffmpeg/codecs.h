// What the module guidescope-codecs gives, which is opened when a film is first written or read: the FFmpeg libraries
// bring 160 others along, a fifth of a second before main and a BLAS with its threads.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "output/video.h"
#include "render/host_pixels.h"

namespace gs {

class FileCodec {
 public:
  virtual ~FileCodec() = default;
  virtual void add(const Image&) = 0;
  virtual void finish() = 0;
};
class PaletteCodec {
 public:
  virtual ~PaletteCodec() = default;
  virtual void add(const Image&) = 0;
  virtual std::vector<std::uint32_t> finish() = 0;
};

// All throw OutputError. `name`: the file as errors call it; `written`: where the bytes go; `pixels`: converts colours
// in place of swscale, which takes five times as long; may be null.
struct CodecLibrary {
  std::string (*available)();
  std::unique_ptr<FileCodec> (*file)(const std::string& name, const std::string& written, const VideoOptions&,
                                     const std::vector<std::uint32_t>& palette, const host::Pixels* pixels);
  std::unique_ptr<PaletteCodec> (*palette)(int width, int height, bool transparent);
  std::string (*metadata)(const std::string& path, const std::string& key);
};
// Opens the module beside the program, or in ../lib/guidescope. Throws OutputError.
const CodecLibrary& codecs();

}  // namespace gs
