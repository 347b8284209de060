#include "render/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

#include "assets.h"

namespace gs {
namespace {

constexpr int kWidth = 1024, kMaxRows = 4096;
constexpr int kSymbols = 2;  // the face for what the others lack
constexpr double kScriptSize = 0.72, kRaise = 0.36, kLower = 0.16;

// The next code point; malformed bytes count as themselves, so that any text can be drawn.
char32_t next(std::string_view& s) {
  const auto b = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  char32_t c = b(0);
  std::size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
  if (n > s.size()) n = 1;
  if (n > 1) {
    c &= 0xFF >> (n + 1);
    for (std::size_t i = 1; i < n; ++i) c = (c << 6) | (b(i) & 0x3F);
  }
  s.remove_prefix(n);
  return c;
}

bool isDigit(char32_t c) { return c >= U'0' && c <= U'9'; }

}  // namespace

struct Text::Faces {
  FT_Library library = nullptr;
  std::array<FT_Face, 3> face{};
  std::array<double, 3> digitAdvance{};  // of the widest digit, in ems

  Faces() {
    if (FT_Init_FreeType(&library)) throw std::runtime_error("FreeType cannot start");
    const char* const names[] = {"fonts/Inter-Regular.otf", "fonts/Inter-SemiBold.otf", "fonts/DejaVuSans.ttf"};
    for (std::size_t i = 0; i < face.size(); ++i) {
      const std::string_view bytes = asset(names[i]);
      if (FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(bytes.data()), FT_Long(bytes.size()), 0,
                             &face[i]))
        throw std::runtime_error(std::string("FreeType cannot read the embedded font ") + names[i]);
      for (char32_t d = U'0'; d <= U'9'; ++d)
        digitAdvance[i] = std::max(digitAdvance[i], advance(int(i), FT_Get_Char_Index(face[i], d)));
    }
  }
  ~Faces() { FT_Done_FreeType(library); }  // its faces with it
  Faces(const Faces&) = delete;
  Faces& operator=(const Faces&) = delete;

  double advance(int f, FT_UInt glyph) const {  // in ems
    const FT_Face at = face[std::size_t(f)];
    if (FT_Load_Glyph(at, glyph, FT_LOAD_NO_SCALE)) return 0;
    return double(at->glyph->metrics.horiAdvance) / at->units_per_EM;
  }
};

Text::Text() : faces_(std::make_unique<Faces>()) {}
Text::~Text() = default;

Text::Place Text::place(char32_t c, Font font, double size) {
  const auto key = std::pair(c, std::pair(int(font), int(std::lround(size * 64))));
  if (const auto it = places_.find(key); it != places_.end()) return it->second;
  int f = int(font);
  unsigned index = FT_Get_Char_Index(faces_->face[std::size_t(f)], c);
  if (index == 0) {
    f = kSymbols;
    index = FT_Get_Char_Index(faces_->face[kSymbols], c);
  }
  Place p{f, index, faces_->advance(f, index) * size, 0};
  if (isDigit(c)) {
    const double wide = faces_->digitAdvance[std::size_t(f)] * size;
    p.shift = 0.5 * (wide - p.advance);
    p.advance = wide;
  }
  return places_[key] = p;
}

const Text::Glyph& Text::glyph(int face, unsigned index, double size, int fraction) {
  const Key key{face, index, int(std::lround(size * 64)), fraction};
  if (const auto it = glyphs_.find(key); it != glyphs_.end()) return it->second;
  Glyph g;
  const FT_Face f = faces_->face[std::size_t(face)];
  FT_Set_Char_Size(f, 0, key.size, 72, 72);
  // Light hinting moves outlines vertically only: stems stay where the layout wants them, x-heights become crisp.
  if (!FT_Load_Glyph(f, index, FT_LOAD_NO_BITMAP | FT_LOAD_TARGET_LIGHT)) {
    FT_Outline_Translate(&f->glyph->outline, fraction * 16, 0);
    if (!FT_Render_Glyph(f->glyph, FT_RENDER_MODE_NORMAL)) {
      const FT_Bitmap& b = f->glyph->bitmap;
      g.width = std::min(int(b.width), kWidth);
      g.height = int(b.rows);
      g.left = f->glyph->bitmap_left;
      g.top = f->glyph->bitmap_top;
      if (shelfX_ + g.width + 1 > kWidth) {
        shelfX_ = 0;
        shelfY_ += shelfHeight_ + 1;
        shelfHeight_ = 0;
      }
      shelfHeight_ = std::max(shelfHeight_, g.height);
      if (shelfY_ + shelfHeight_ > kMaxRows) {
        g = {};  // an atlas this full is emptied before the next picture
      } else {
        while (shelfY_ + shelfHeight_ > rows_) rows_ = std::max(256, 2 * rows_);
        bitmap_.resize(std::size_t(rows_) * kWidth);
        g.x = shelfX_;
        g.y = shelfY_;
        for (int row = 0; row < g.height; ++row)
          std::copy_n(b.buffer + std::ptrdiff_t(row) * b.pitch, g.width,
                      bitmap_.data() + std::size_t(g.y + row) * kWidth + g.x);
        shelfX_ += g.width + 1;
        changed_ = true;
      }
    }
  }
  return glyphs_[key] = g;
}

double Text::run(Sheet* sheet, double x, double baseline, std::string_view text, const TextStyle& style) {
  const double start = x;
  double size = style.size, lift = 0;
  while (!text.empty()) {
    if (text.size() > 2 && text[1] == '{' && (text[0] == '^' || text[0] == '_')) {
      size = style.size * kScriptSize;
      lift = style.size * (text[0] == '^' ? kRaise : -kLower);
      text.remove_prefix(2);
      continue;
    }
    if (text.front() == '}' && size != style.size) {
      size = style.size;
      lift = 0;
      text.remove_prefix(1);
      continue;
    }
    const Place p = place(next(text), style.font, size);
    if (sheet) {
      const double at = x + p.shift, whole = std::floor(at);
      const Glyph& g = glyph(p.face, p.glyph, size, int((at - whole) * 4));
      if (g.width > 0)
        sheet->glyph(whole + g.left, std::round(baseline + lift) + g.top - g.height, g.width, g.height, g.x, g.y,
                     style.color);
    }
    x += p.advance;
  }
  return x - start;
}

double Text::width(std::string_view text, const TextStyle& style) { return run(nullptr, 0, 0, text, style); }
double Text::draw(Sheet& sheet, double x, double baseline, std::string_view text, const TextStyle& style) {
  return run(&sheet, x, baseline, text, style);
}

const gl::Texture& Text::atlas() {
  if (rows_ == 0) {
    rows_ = 256;
    bitmap_.resize(std::size_t(rows_) * kWidth);
  }
  if (changed_) {
    texture_.ensure(GL_R8, kWidth, rows_, gl::Filter::Nearest);
    texture_.upload(GL_RED, GL_UNSIGNED_BYTE, bitmap_.data());
    changed_ = false;
  }
  return texture_;
}

void Text::trim() {
  if (shelfY_ < kMaxRows / 2 && places_.size() < 20000) return;
  glyphs_.clear();
  places_.clear();
  bitmap_.clear();
  rows_ = shelfX_ = shelfY_ = shelfHeight_ = 0;
  changed_ = true;
}

}  // namespace gs
