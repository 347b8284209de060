// A word as a distribution: every letter is a class. The glyphs come from the embedded font, are rasterised large, and
// each is fitted with anisotropic components.
#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assets.h"
#include "data/distributions.h"
#include "data/fit.h"
#include "data/shapes.h"
#include "session/classes.h"

namespace gs {
namespace {

constexpr int kMaxLetters = 12;
constexpr int kPixels = 48;      // height of an em in the raster
constexpr int kIterations = 20;  // the picture does not change after that
constexpr int kComponents = 20;  // per letter
constexpr double kWidth = 5.6;   // of the whole word at most, data units
constexpr double kHeight = 3.0;  // of the tallest letter at most
// A cell of a stroke is flat, a Gaussian of the same variance is not: drawn in a little, letters keep their edges.
constexpr double kShrink = 0.85;
// The least standard deviation in pixels: strokes are about seven wide, so a component spans one from edge to edge
// instead of drawing its outline.
constexpr double kThin = 1.75;

[[noreturn]] void fail(const std::string& what) { throw InputError("distribution.word: " + what); }

// The next code point of UTF-8 text, or nothing for bytes that are not UTF-8.
std::optional<char32_t> decode(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const int length = lead < 0x80                   ? 1
                     : lead >= 0xC2 && lead < 0xE0 ? 2
                     : (lead & 0xF0) == 0xE0       ? 3
                     : lead >= 0xF0 && lead < 0xF5 ? 4
                                                   : 0;
  if (length == 0 || text.size() < std::size_t(length)) return {};
  char32_t code = length == 1 ? lead : lead & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    if ((byte(std::size_t(i)) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(std::size_t(i)) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  text.remove_prefix(std::size_t(length));
  return code;
}

struct Face {
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  Face() {
    const std::string_view font = asset("fonts/Inter-SemiBold.otf");
    if (FT_Init_FreeType(&library) != 0) throw std::runtime_error("FreeType does not start");
    if (FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(font.data()), FT_Long(font.size()), 0, &face) !=
            0 ||
        FT_Set_Pixel_Sizes(face, 0, kPixels) != 0) {
      FT_Done_FreeType(library);
      throw std::runtime_error("the embedded font cannot be read");
    }
  }
  ~Face() {
    FT_Done_Face(face);
    FT_Done_FreeType(library);
  }
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;
};

}  // namespace

Mixture lettersMixture(std::string_view word) {
  Face font;
  std::vector<std::vector<Vec2>> letters;  // pixel centres inside each glyph, in pixels, y up
  double pen = 0;
  for (std::string_view rest = word; !rest.empty();) {
    const std::string_view from = rest;
    const auto code = decode(rest);
    if (!code) fail("is not UTF-8 text");
    const std::string shown(from.substr(0, from.size() - rest.size()));
    if (*code < 0x20 || *code == 0x7F) fail("control characters cannot be drawn");
    const FT_UInt glyph = FT_Get_Char_Index(font.face, *code);
    if (glyph == 0) fail("the font has no letter '" + shown + "'");
    if (FT_Load_Glyph(font.face, glyph, FT_LOAD_NO_HINTING) != 0 ||
        FT_Render_Glyph(font.face->glyph, FT_RENDER_MODE_NORMAL) != 0)
      fail("the letter '" + shown + "' cannot be drawn");
    const FT_GlyphSlot slot = font.face->glyph;
    std::vector<Vec2> inside;
    for (unsigned j = 0; j < slot->bitmap.rows; ++j)
      for (unsigned i = 0; i < slot->bitmap.width; ++i)
        if (slot->bitmap.buffer[std::size_t(j) * std::size_t(slot->bitmap.pitch) + i] >= 128)
          inside.emplace_back(pen + slot->bitmap_left + i + 0.5, slot->bitmap_top - double(j) - 0.5);
    pen += double(slot->advance.x) / 64;
    if (isBlankLetter(shown)) continue;  // leaves a gap
    if (inside.empty()) fail("the letter '" + shown + "' cannot be drawn");
    letters.push_back(std::move(inside));
    if (letters.size() > kMaxLetters) fail("more than " + std::to_string(kMaxLetters) + " letters");
  }
  if (letters.empty()) fail(word.empty() ? "is empty; type a word" : "has no letter that can be drawn");

  Vec2 lo(1e9), hi(-1e9);
  for (const auto& letter : letters)
    for (const Vec2& p : letter) lo = glm::min(lo, p - 0.5), hi = glm::max(hi, p + 0.5);
  const double scale = std::min(kWidth / (hi.x - lo.x), kHeight / (hi.y - lo.y));
  Mixture m;
  for (std::size_t k = 0; k < letters.size(); ++k) {
    for (Vec2& p : letters[k]) p = (p - 0.5 * (lo + hi)) * scale;
    for (Component c : fitPoints(letters[k], FitKind::Em, kComponents, kThin * scale, kIterations)) {
      c.label = int(k);
      c.covariance = (kShrink * kShrink) * c.covariance;
      m.components.push_back(c);
    }
  }
  return m;
}

}  // namespace gs
