#include "output/words.h"

#include <cairo-ft.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "assets.h"
#include "output/files.h"
#include "render/legend.h"

namespace gs {
namespace {

constexpr double kScript = 0.72, kRaised = 0.36, kLowered = 0.16;
constexpr char32_t kHat = 0x302, kNoWidth = 0x200B;

char32_t nextCode(std::string_view& s, std::size_t& bytes) {
  const auto b = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  char32_t c = b(0);
  bytes = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
  if (bytes > s.size()) bytes = 1;
  if (bytes > 1) {
    c &= 0xFFu >> (bytes + 1);
    for (std::size_t i = 1; i < bytes; ++i) c = (c << 6) | (b(i) & 0x3F);
  }
  s.remove_prefix(bytes);
  return c;
}

}  // namespace

namespace {

// cairo keeps a face in its cache of scaled fonts for a while: the FreeType face and its library go when cairo lets go.
struct CairoFace {
  std::shared_ptr<FT_LibraryRec_> library;
  FT_Face face = nullptr;
  ~CairoFace() { FT_Done_Face(face); }
};
constexpr cairo_user_data_key_t kFaceKey{};

}  // namespace

struct Words::Faces {
  std::array<FT_Face, 3> face{};
  std::array<cairo_font_face_t*, 3> font{};
  std::array<double, 3> digit{};

  Faces() {
    FT_Library started = nullptr;
    if (FT_Init_FreeType(&started)) throw OutputError("FreeType cannot start");
    const std::shared_ptr<FT_LibraryRec_> library(started, FT_Done_FreeType);
    const char* const names[] = {"fonts/Inter-Regular.otf", "fonts/Inter-SemiBold.otf", "fonts/DejaVuSans.ttf"};
    for (std::size_t i = 0; i < face.size(); ++i) {
      const std::string_view bytes = asset(names[i]);
      if (FT_New_Memory_Face(started, reinterpret_cast<const FT_Byte*>(bytes.data()), FT_Long(bytes.size()), 0,
                             &face[i]))
        throw OutputError(std::string("FreeType cannot read the embedded font ") + names[i]);
      std::unique_ptr<CairoFace> owner(new CairoFace{library, face[i]});
      font[i] = cairo_ft_font_face_create_for_ft_face(face[i], FT_LOAD_NO_HINTING);
      if (cairo_font_face_set_user_data(font[i], &kFaceKey, owner.get(),
                                        [](void* p) { delete static_cast<CairoFace*>(p); }))
        throw OutputError("cairo has no memory for a font");
      (void)owner.release();
      for (char32_t d = U'0'; d <= U'9'; ++d) digit[i] = std::max(digit[i], advance(i, FT_Get_Char_Index(face[i], d)));
    }
  }
  ~Faces() {
    for (cairo_font_face_t* f : font) cairo_font_face_destroy(f);
  }
  Faces(const Faces&) = delete;
  Faces& operator=(const Faces&) = delete;

  double advance(std::size_t f, FT_UInt glyph) const {  // in ems
    if (FT_Load_Glyph(face[f], glyph, FT_LOAD_NO_SCALE)) return 0;
    return double(face[f]->glyph->metrics.horiAdvance) / face[f]->units_per_EM;
  }
};

Words::Words() : faces_(std::make_unique<Faces>()) {}
Words::~Words() = default;

double Words::run(cairo_t* cairo, double x, double y, std::string_view text, const WordStyle& style) const {
  const double begin = x;
  double lastWidth = 0;
  // Glyphs of one face and size together.
  std::vector<cairo_glyph_t> glyphs;
  std::vector<cairo_text_cluster_t> clusters;
  std::string cluster;
  std::size_t face = 0;
  double size = style.size;
  const auto flush = [&] {
    if (cairo && !glyphs.empty()) {
      cairo_set_font_face(cairo, faces_->font[face]);
      cairo_set_font_size(cairo, size);
      cairo_show_text_glyphs(cairo, cluster.data(), int(cluster.size()), glyphs.data(), int(glyphs.size()),
                             clusters.data(), int(clusters.size()), cairo_text_cluster_flags_t(0));
    }
    glyphs.clear();
    clusters.clear();
    cluster.clear();
  };
  if (cairo)
    cairo_set_source_rgba(cairo, style.color.r / 255., style.color.g / 255., style.color.b / 255., style.alpha);
  double shift = 0;
  int depth = 0;
  while (!text.empty()) {
    if (depth == 0 && (text.starts_with("^{") || text.starts_with("_{"))) {
      flush();
      shift = text[0] == '^' ? -kRaised * style.size : kLowered * style.size;
      size = kScript * style.size;
      depth = 1;
      text.remove_prefix(2);
      continue;
    }
    if (depth == 1 && text[0] == '}') {
      flush();
      shift = 0;
      size = style.size;
      depth = 0;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view before = text;
    std::size_t bytes = 0;
    const char32_t c = nextCode(text, bytes);
    if (c == kNoWidth) continue;
    if (c == kHat) {
      if (cairo) {
        const double top = y + shift - 0.86 * size, from = x - 0.72 * lastWidth, to = x - 0.28 * lastWidth;
        cairo_set_line_width(cairo, 0.07 * size);
        cairo_new_path(cairo);
        cairo_move_to(cairo, from, top);
        cairo_line_to(cairo, 0.5 * (from + to), top - 0.15 * size);
        cairo_line_to(cairo, to, top);
        cairo_stroke(cairo);
      }
      continue;
    }
    std::size_t wanted = style.bold ? 1 : 0;
    unsigned glyph = FT_Get_Char_Index(faces_->face[wanted], c);
    if (glyph == 0) {
      wanted = 2;
      glyph = FT_Get_Char_Index(faces_->face[2], c);
    }
    if (wanted != face) {
      flush();
      face = wanted;
    }
    double advance = faces_->advance(face, glyph) * size, left = 0;
    if (c >= U'0' && c <= U'9') {
      left = 0.5 * (faces_->digit[face] * size - advance);
      advance = faces_->digit[face] * size;
    }
    glyphs.push_back({glyph, x + left, y + shift});
    clusters.push_back({int(bytes), 1});
    cluster += before.substr(0, bytes);
    lastWidth = advance;
    x += advance;
  }
  flush();
  return x - begin;
}

double Words::width(std::string_view text, const WordStyle& style) const { return run(nullptr, 0, 0, text, style); }
double Words::draw(cairo_t* cairo, double x, double y, std::string_view text, const WordStyle& style) const {
  return run(cairo, x, y, text, style);
}

}  // namespace gs
