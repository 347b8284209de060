#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <cstdlib>
#include <new>

#include "output/files.h"
#include "output/temporary.h"

// libpng reports errors by longjmp. So every function that calls setjmp here holds no C++ object that would need its
// destructor between the two: the state lies in the caller's Transfer, and errors become exceptions after the jump.

namespace gs {
namespace {

constexpr char kKey[] = "guidescope-session", kMadeKey[] = "guidescope-made";
constexpr std::size_t kMaxPixels = 64u << 20;
constexpr int kMaxSide = 32768;
constexpr std::size_t kMaxText = 64u << 20;  // of one decompressed text chunk; sessions have at most 32 MiB
constexpr int kMaxChunks = 256;
constexpr std::uintmax_t kMaxFile = 300u << 20;  // 64 Mpixel that do not compress, and the session

struct Transfer {
  std::span<const std::byte> in;
  std::vector<std::byte> out;
  std::vector<png_bytep> rows;
  Image image;
  std::string session, made;
  std::string error;
  bool outOfMemory = false;
};

[[noreturn]] void onError(png_structp png, png_const_charp message) {
  auto* t = static_cast<Transfer*>(png_get_error_ptr(png));
  try {
    t->error = message;
  } catch (const std::bad_alloc&) {
    t->outOfMemory = true;
  }
  png_longjmp(png, 1);
}

void onWarning(png_structp, png_const_charp) {}

void onWrite(png_structp png, png_bytep data, std::size_t size) {
  auto* t = static_cast<Transfer*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  try {
    t->out.insert(t->out.end(), bytes, bytes + size);
    return;
  } catch (const std::bad_alloc&) {
    t->outOfMemory = true;
  }
  png_error(png, "out of memory");
}

void onFlush(png_structp) {}

void onRead(png_structp png, png_bytep data, std::size_t size) {
  auto* t = static_cast<Transfer*>(png_get_io_ptr(png));
  if (size > t->in.size()) png_error(png, "the file ends too early");
  std::memcpy(data, t->in.data(), size);
  t->in = t->in.subspan(size);
}

// false: an error was reported.
bool encode(png_structp png, png_infop info, Transfer& t) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_write_fn(png, &t, onWrite, onFlush);
  png_set_user_limits(png, kMaxSide, kMaxSide);
  png_set_IHDR(png, info, png_uint_32(t.image.width), png_uint_32(t.image.height), 8, PNG_COLOR_TYPE_RGBA,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  png_text texts[2]{};
  int count = 0;
  char keys[2][32];
  for (const bool session : {true, false}) {
    std::string& value = session ? t.session : t.made;
    if (value.empty()) continue;
    std::strcpy(keys[count], session ? kKey : kMadeKey);
    // iTXt is the chunk for UTF-8.
    texts[count].compression = PNG_ITXT_COMPRESSION_zTXt;
    texts[count].key = keys[count];
    texts[count].text = value.data();
    texts[count].itxt_length = value.size();
    ++count;
  }
  if (count > 0) png_set_text(png, info, texts, count);
  png_write_info(png, info);
  png_write_image(png, t.rows.data());
  png_write_end(png, info);
  return true;
}

// The size, and every transformation that makes the rows RGBA8.
bool decodeHeader(png_structp png, png_infop info, Transfer& t) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &t, onRead);
  png_set_user_limits(png, kMaxSide, kMaxSide);
  png_set_chunk_cache_max(png, kMaxChunks);
  png_set_chunk_malloc_max(png, kMaxText);
  png_read_info(png, info);
  const std::size_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  if (width * height > kMaxPixels) png_error(png, "the picture has more than 64 million pixels");
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != width * 4) png_error(png, "the pixels cannot be made RGBA");
  t.image.width = int(width);
  t.image.height = int(height);
  return true;
}

bool decodeRows(png_structp png, png_infop info, Transfer& t) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_image(png, t.rows.data());
  png_read_end(png, info);
  return true;
}

void setRows(Transfer& t) {
  const std::size_t stride = std::size_t(t.image.width) * 4;
  t.rows.resize(std::size_t(t.image.height));
  for (std::size_t j = 0; j < t.rows.size(); ++j) t.rows[j] = t.image.rgba.data() + j * stride;
}

[[noreturn]] void fail(const Transfer& t) {
  if (t.outOfMemory) throw std::bad_alloc();
  throw OutputError("not a readable PNG: " + t.error);
}

// libpng's two objects, freed in every case.
struct Writer {
  png_structp png;
  png_infop info;
  explicit Writer(Transfer& t)
      : png(png_create_write_struct(PNG_LIBPNG_VER_STRING, &t, onError, onWarning)), info(nullptr) {
    if (png) info = png_create_info_struct(png);
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};
struct Reader {
  png_structp png;
  png_infop info;
  explicit Reader(Transfer& t)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &t, onError, onWarning)), info(nullptr) {
    if (png) info = png_create_info_struct(png);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

void findTexts(const Reader& reader, Transfer& t) {
  png_textp texts = nullptr;
  const int count = png_get_text(reader.png, reader.info, &texts, nullptr);
  for (int i = 0; i < count; ++i) {
    const bool session = std::strcmp(texts[i].key, kKey) == 0;
    if (!session && std::strcmp(texts[i].key, kMadeKey) != 0) continue;
    const std::size_t size =
        texts[i].compression >= PNG_ITXT_COMPRESSION_NONE ? texts[i].itxt_length : texts[i].text_length;
    (session ? t.session : t.made).assign(texts[i].text, size);
  }
}

}  // namespace

std::vector<std::byte> encodePng(const Image& image, const std::string& session, const std::string& made) {
  if (image.width < 1 || image.height < 1 || image.width > kMaxSide || image.height > kMaxSide)
    throw OutputError("a picture of " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                      " pixels cannot be a PNG here (1.." + std::to_string(kMaxSide) + " a side)");
  if (image.rgba.size() != std::size_t(image.width) * std::size_t(image.height) * 4)
    throw OutputError("the picture's bytes do not fit its size");
  if ((session + made).find('\0') != std::string::npos) throw OutputError("the session's text has a zero byte");
  Transfer t;
  t.image = image;
  t.session = session;
  t.made = made;
  setRows(t);
  const Writer writer(t);
  if (!writer.png || !writer.info) throw std::bad_alloc();
  if (!encode(writer.png, writer.info, t)) {
    if (t.outOfMemory) throw std::bad_alloc();
    throw OutputError("the PNG cannot be made: " + t.error);
  }
  return std::move(t.out);
}

PngContents decodePng(std::span<const std::byte> bytes) {
  Transfer t;
  t.in = bytes;
  const Reader reader(t);
  if (!reader.png || !reader.info) throw std::bad_alloc();
  if (!decodeHeader(reader.png, reader.info, t)) fail(t);
  t.image.rgba.resize(std::size_t(t.image.width) * std::size_t(t.image.height) * 4);
  setRows(t);
  if (!decodeRows(reader.png, reader.info, t)) fail(t);
  findTexts(reader, t);
  return {std::move(t.image), std::move(t.session)};
}

PngNote readPngNote(const std::string& path) {
  try {
    const std::vector<std::byte> bytes = readFileBounded(path, kMaxFile);
    Transfer t;
    t.in = bytes;
    const Reader reader(t);
    if (!reader.png || !reader.info || !decodeHeader(reader.png, reader.info, t)) return {};
    findTexts(reader, t);
    return {t.image.width, t.image.height, std::move(t.session), std::move(t.made)};
  } catch (const OutputError&) {
    return {};
  }
}

void writePng(const Image& image, const std::string& path, const std::string& session, const std::string& made) {
  std::vector<std::byte> bytes;
  try {
    bytes = encodePng(image, session, made);
  } catch (const OutputError& e) {
    throw OutputError(path + ": " + e.what());
  }
  writeFileAtomically(path, bytes);
}

PngContents readPng(const std::string& path) {
  const std::vector<std::byte> bytes = readFileBounded(path, kMaxFile);
  try {
    return decodePng(bytes);
  } catch (const OutputError& e) {
    throw OutputError(path + ": " + e.what());
  }
}

ImageDifference compare(const Image& a, const Image& b) {
  const auto size = [](const Image& i) { return std::to_string(i.width) + " x " + std::to_string(i.height); };
  if (a.width != b.width || a.height != b.height || a.rgba.size() != b.rgba.size())
    throw OutputError("the pictures' sizes differ: " + size(a) + " and " + size(b));
  ImageDifference d;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < a.rgba.size(); ++i) {
    const int difference = std::abs(int(a.rgba[i]) - int(b.rgba[i]));
    d.max = std::max(d.max, difference);
    sum += std::uint64_t(difference);
  }
  if (!a.rgba.empty()) d.mean = double(sum) / double(a.rgba.size());
  return d;
}

}  // namespace gs
