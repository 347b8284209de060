#include "output/figure.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "output/figure_painter.h"
#include "output/files.h"
#include "output/provenance.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

cairo_status_t appendBytes(void* to, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

void checkCairo(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw OutputError(std::string("the figure cannot be drawn: ") + cairo_status_to_string(status));
}

}  // namespace

std::optional<FigureFormat> figureFormat(std::string_view path) {
  if (path.ends_with(".svg")) return FigureFormat::Svg;
  if (path.ends_with(".pdf")) return FigureFormat::Pdf;
  if (path.ends_with(".png")) return FigureFormat::Png;
  return std::nullopt;
}

FigureAxis parseFigureAxis(std::string_view text) {
  const auto fail = [&](const std::string& what) {
    throw SessionError("'" + shown(text) + "': " + what + ", as in guidance.0.omega=0,1,2,4");
  };
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) fail("expected PATH=A,B,C");
  FigureAxis axis{std::string(text.substr(0, equals)), {}};
  if (axis.path == "time" || axis.path.starts_with("camera.")) axis.path.insert(0, "view.");
  for (std::string_view rest = text.substr(equals + 1);;) {
    const std::size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    double v = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), v);
    if (error != std::errc{} || end != one.data() + one.size() || !std::isfinite(v))
      fail("'" + shown(one) + "' is not a number");
    axis.values.push_back(v);
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (axis.values.size() > 12) fail("more than 12 values");
  return axis;
}

FigureStyle paperStyle() { return {}; }
FigureStyle slideStyle() {
  FigureStyle s;
  s.width = 10;
  s.font = 18;
  s.dpi = 192;
  s.slide = true;
  return s;
}

std::vector<std::byte> figureBytes(const Engine& engine, const FigureExport& e, FigureFormat format,
                                   std::stop_token stop) {
  FigurePainter painter(engine, e, stop);
  const std::string session = toJson(e.session);
  std::string bytes;
  if (format == FigureFormat::Png) {
    const double scale = e.style.dpi / FigurePainter::kPointsPerInch;
    const int width = int(std::lround(painter.width() * scale)), height = int(std::lround(painter.height() * scale));
    const SurfacePtr surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height));
    checkCairo(cairo_surface_status(surface.get()));
    {
      const CairoPtr cairo(cairo_create(surface.get()));
      cairo_scale(cairo.get(), scale, scale);
      painter.paint(cairo.get());
      checkCairo(cairo_status(cairo.get()));
    }
    cairo_surface_flush(surface.get());
    Image image{width, height, {}};
    image.rgba.resize(std::size_t(width) * std::size_t(height) * 4);
    const unsigned char* data = cairo_image_surface_get_data(surface.get());
    const int stride = cairo_image_surface_get_stride(surface.get());
    for (int j = 0; j < height; ++j)
      for (int i = 0; i < width; ++i) {
        std::uint32_t p;
        std::memcpy(&p, data + std::ptrdiff_t(j) * stride + 4 * i, 4);
        std::uint8_t* to = &image.rgba[(std::size_t(j) * std::size_t(width) + std::size_t(i)) * 4];
        const std::uint32_t a = p >> 24;
        for (int c = 0; c < 3; ++c)
          to[c] = a ? std::uint8_t(std::min(255u, (((p >> (16 - 8 * c)) & 255) * 255 + a / 2) / a)) : 0;
        to[3] = std::uint8_t(a);
      }
    return encodePng(image, session);
  }
  {
    const bool pdf = format == FigureFormat::Pdf;
    const SurfacePtr surface(
        pdf ? cairo_pdf_surface_create_for_stream(appendBytes, &bytes, painter.width(), painter.height())
            : cairo_svg_surface_create_for_stream(appendBytes, &bytes, painter.width(), painter.height()));
    checkCairo(cairo_surface_status(surface.get()));
    if (pdf) {
      // 1.4 has no object streams, so that the subject can be read without decompressing.
      cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_4);
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, e.session.name.c_str());
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "Guidescope " GS_VERSION);
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_SUBJECT, asciiJson(session).c_str());
    }
    const CairoPtr cairo(cairo_create(surface.get()));
    painter.paint(cairo.get());
    checkCairo(cairo_status(cairo.get()));
    cairo_surface_finish(surface.get());
    checkCairo(cairo_surface_status(surface.get()));
  }
  if (format == FigureFormat::Svg) {
    const std::size_t tag = bytes.find("<svg"), end = bytes.find('>', tag);
    if (tag == bytes.npos || end == bytes.npos) throw OutputError("the figure cannot be drawn: no SVG came of it");
    bytes.insert(end + 1, "\n<metadata id=\"guidescope-session\">" + xmlEscaped(session) + "</metadata>");
  }
  std::vector<std::byte> out(bytes.size());
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

void exportFigure(const Engine& engine, const FigureExport& e, std::stop_token stop) {
  const auto format = figureFormat(e.path);
  if (!format) throw SessionError(e.path + ": a figure's name ends in .svg, .pdf or .png");
  const std::vector<std::byte> bytes = figureBytes(engine, e, *format, stop);
  if (stop.stop_requested()) throw Stopped();
  writeFileAtomically(e.path, bytes);
}

}  // namespace gs
