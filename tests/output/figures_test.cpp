// Figures and pages, read by other programs, and files that are none of ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/distributions.h"
#include "export_fixture.h"
#include "output/figure.h"
#include "output/page.h"
#include "session/text.h"

namespace gs {
namespace {

using namespace test;
using testing::HasSubstr;
using Figures = Export;
using Pages = Export;

int countOf(const std::string& text, std::string_view what) {
  int n = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST_F(Figures, FiguresAreTheSameInEveryFormat) {
  FigureExport e{.session = session_, .axes = {parseFigureAxis("guidance.0.omega=0,2"), parseFigureAxis("time=1,0")}};
  e.style.dpi = 96;
  e.style.vectorPaths = 400;
  e.path = folder_.file("f.png");
  exportFigure(*engine_, e);
  const Image png = readPng(e.path).image;
  EXPECT_EQ(png.width, int(std::lround(3.25 * 96)));
  for (const char* name : {"f.svg", "f.pdf"}) {
    e.path = folder_.file(name);
    exportFigure(*engine_, e);
    EXPECT_EQ(parseSession(sessionInFile(e.path)), canonical(session_)) << name;
  }
  const std::string svg = contents(folder_.file("f.svg"));
  EXPECT_THAT(svg, HasSubstr("<metadata id=\"guidescope-session\">"));
  said("rsvg-convert -w " + std::to_string(png.width) + " -o " + folder_.file("svg.png") + " " + folder_.file("f.svg"),
       folder_);
  said("pdftoppm -r 96 -png -singlefile " + folder_.file("f.pdf") + " " + folder_.file("pdf"), folder_);
  for (const char* name : {"svg.png", "pdf.png"}) {
    const Image other = readPng(folder_.file(name)).image;
    ASSERT_NEAR(other.width, png.width, 1) << name;
    ASSERT_NEAR(other.height, png.height, 1) << name;
    // A rounded size may differ by a pixel: what both have.
    Image a{std::min(png.width, other.width), std::min(png.height, other.height), {}}, b = a;
    for (const auto& [from, to] : {std::pair(&png, &a), std::pair(&other, &b)})
      for (int j = 0; j < a.height; ++j)
        to->rgba.insert(to->rgba.end(), from->rgba.begin() + std::ptrdiff_t(j) * from->width * 4,
                        from->rgba.begin() + std::ptrdiff_t(j) * from->width * 4 + a.width * 4);
    EXPECT_LT(compare(a, b).mean, 6) << name;
  }
  const std::string words = said("pdftotext -layout " + folder_.file("f.pdf") + " -", folder_);
  for (const char* text : {"ω = 2, t = 1", "guided particles and paths"}) EXPECT_THAT(words, HasSubstr(text));
  // Four panels of paper leave room for few numbers, but one alone would be no scale.
  e.axes = {parseFigureAxis("guidance.0.omega=0,1,2,4")};
  e.path = folder_.file("row.pdf");
  exportFigure(*engine_, e);
  const std::string row = said("pdftotext -layout " + folder_.file("row.pdf") + " -", folder_);
  EXPECT_GE(countOf(row, "−2"), 4) << row;
  e.axes = {parseFigureAxis("guidance.0.omega=0,99")};
  EXPECT_THROW(exportFigure(*engine_, e), SessionError);
}

// Arrows, streamlines and the lines of laws are paths in the file, no part of the image below them.
TEST_F(Figures, FieldsAreVectorsInFigures) {
  session_.view.density.visible = session_.view.particles.visible = session_.view.trajectories.visible = false;
  session_.view.axes.visible = session_.view.axes.legend = session_.view.target.visible = false;
  session_.view.time = 0.5;
  FigureExport e{.session = session_, .axes = {}, .pane = {}, .path = "f.svg"};
  e.style.dpi = 72;
  const auto paths = [&](const char* set, const char* value) {
    FigureExport one = e;
    if (*set) setPath(one.session, set, value);
    const std::vector<std::byte> svg = figureBytes(*engine_, one, FigureFormat::Svg);
    return countOf({reinterpret_cast<const char*>(svg.data()), svg.size()}, "<path");
  };
  const int none = paths("", "");
  // A shaft and a head each, of what spacing lays into the panel.
  const int arrows = paths("view.arrows.visible", "true") - none;
  EXPECT_GT(arrows, 60);
  e.session.view.arrows.spacing = 68;
  EXPECT_NEAR(double(paths("view.arrows.visible", "true") - none) / arrows, 0.25, 0.12);
  EXPECT_GT(paths("view.streams.visible", "true") - none, 20);
  // Three of each pair, both paths with their casings, line and dots of the marked particle, and level lines.
  EXPECT_GE(paths("view.match.visible", "true") - none, 100);
  EXPECT_GE(paths("view.particles.marked", "3") - none, 10);
  EXPECT_GE(paths("guidance.0.kind", "reward") - none, 2);
  e.session.view.own.visible = true;
  EXPECT_GE(paths("view.own.shape", "contours") - paths("view.own.shape", "samples"), 2);
}

std::uint8_t digit64(char c) {
  return std::uint8_t(c >= 'a' ? c - 'a' + 26 : c >= 'A' ? c - 'A' : c >= '0' ? c - '0' + 52 : c == '+' ? 62 : 63);
}

TEST_F(Pages, PagesHoldTheTrajectories) {
  PageExport e{.session = session_, .over = std::nullopt, .path = folder_.file("p.html")};
  e.session.panes[0].particles.count = 5000;
  e.session.panes[0].schedule.steps = 64;
  exportPage(*engine_, e);
  const std::string page = contents(e.path);
  EXPECT_LT(page.size(), 3'000'000u);
  EXPECT_EQ(page.find("http"), page.npos) << "it loads nothing";
  EXPECT_EQ(parseSession(sessionInFile(e.path)), canonical(e.session));
  const std::size_t begin = page.find("id=\"guidescope-data\">") + 21;
  const Node data = parseText(std::string_view(page).substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(data.find("particles")->number, 2000);
  ASSERT_EQ(data.find("states")->number, 65);
  ASSERT_EQ(data.find("values")->items.size(), 5u);
  const std::string& text = data.find("points")->text;
  ASSERT_EQ(text.size(), 2000u * 65 * 5 * 4);
  // omega = 8, three states, against the engine.
  Experiment experiment = e.session.panes[0];
  experiment.guidance[0].omega = 8;
  experiment.particles.count = 2000;
  const auto frame = engine_->sample(compile(experiment, resolve(experiment.distribution)), 2000, {});
  for (const int state : {0, 40, 64}) {
    const auto& box = data.find("boxes")->items[4].items[std::size_t(state)].items;
    const auto row = frame->at(state);
    for (std::size_t i = 0; i < 2000; i += 7) {
      std::uint32_t q = 0;
      for (std::size_t c = 0; c < 4; ++c)
        q = q << 6 | digit64(text[((4 * 65 + std::size_t(state)) * 2000 + i) * 4 + c]);
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const double lo = box[axis].number, hi = box[axis + 2].number, u = (axis == 0 ? q >> 12 : q & 4095) / 4094.;
        ASSERT_NEAR(lo + u * (hi - lo), row[2 * i + axis], (hi - lo) / 8000 + 1e-4);
      }
    }
  }
}

TEST(Provenance, ForeignAndDamagedFilesAreNoSessions) {
  EXPECT_FALSE(carrierOf("{\"format\"").has_value());
  EXPECT_FALSE(carrierOf("1,2\n").has_value());
  EXPECT_EQ(carrierOf("<!DOCTYPE HTML>"), Carrier::Html);
  EXPECT_EQ(carrierOf("<?xml version=\"1.0\"?>\n<svg "), Carrier::Svg);
  EXPECT_FALSE(carrierOf("<?xml version=\"1.0\"?><note/>").has_value());
  const auto read = [](Carrier c, std::string_view text) {
    return sessionInBytes(c, std::as_bytes(std::span(text.data(), text.size())));
  };
  EXPECT_EQ(read(Carrier::Svg, "<svg><metadata id=\"guidescope-session\">{&lt;&amp;amp;&gt;}</metadata>"), "{<&amp;>}");
  EXPECT_EQ(read(Carrier::Svg, "<svg><metadata id=\"guidescope-session\">{"), "");
  EXPECT_EQ(read(Carrier::Pdf, "%PDF-1.4 /Subject (a guidescope-session \\(\\051\\n (x)) /Y"),
            "a guidescope-session ()\n (x)");
  EXPECT_EQ(read(Carrier::Pdf, "%PDF-1.4 /Subject (guidescope-session"), "");
  EXPECT_EQ(read(Carrier::Gif, "GIF89a"), "");
  EXPECT_EQ(asciiJson("\"ä∇😀\""), "\"\\u00e4\\u2207\\ud83d\\ude00\"");
  EXPECT_EQ(scriptEscaped("</script>"), "\\u003c/script>");
}

}  // namespace
}  // namespace gs
