#include "theme.h"

#include <algorithm>
#include <cmath>

#include "assets.h"
#include "ui.h"

namespace gs {
namespace ui {
namespace {

Look current;

// ImGui's font size is ascent minus descent; these factors turn a size of the em square into it (hhea tables).
constexpr double kInterHeight = 1.2102, kDejaVuHeight = 1.1641;

const ImWchar kLatin[] = {0x20,   0x7E,   0xA0,   0x17F,  0x2C6,  0x2DC,  0x370,  0x3FF,  0x2010, 0x2027,
                          0x2030, 0x203A, 0x2070, 0x209C, 0x20AC, 0x20AC, 0x2212, 0x2212, 0x2190, 0x2193,
                          0x2215, 0x2215, 0x221E, 0x221E, 0x2248, 0x2248, 0x2260, 0x2265, 0};
const ImWchar kSymbols[] = {0x370,  0x3FF,  0x2070, 0x209C, 0x2190, 0x21FF, 0x2200, 0x22FF,
                            0x2302, 0x2302, 0x25A0, 0x25CF, 0x2713, 0x2717, 0};
const ImWchar kCyrillic[] = {0x400, 0x45F, 0};

ImFont* addFont(const char* face, double em, bool cyrillic) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontConfig config;
  config.FontDataOwnedByAtlas = false;  // the bytes are in the program
  config.OversampleH = em < 30 ? 3 : 1;
  config.OversampleV = 1;
  config.PixelSnapH = false;
  config.RasterizerMultiply = current.theme == Theme::Dark || current.theme == Theme::HighContrast ? 1.12f : 1.25f;
  const auto add = [&](const char* name, double height, const ImWchar* ranges) {
    const std::string_view bytes = asset(name);
    return atlas.AddFontFromMemoryTTF(const_cast<char*>(bytes.data()), int(bytes.size()), float(em * height), &config,
                                      ranges);
  };
  ImFont* font = add(face, kInterHeight, kLatin);
  config.MergeMode = true;
  if (cyrillic) add(face, kInterHeight, kCyrillic);
  add("fonts/DejaVuSans.ttf", kDejaVuHeight, kSymbols);
  return font;
}

// Inter's tabular figures are an OpenType feature, which ImGui does not apply: give every digit the widest advance.
void equaliseDigits(ImFont& font) {
  float widest = 0;
  for (ImWchar c = '0'; c <= '9'; ++c) widest = std::max(widest, font.FindGlyph(c)->AdvanceX);
  for (ImFontGlyph& glyph : font.Glyphs) {
    if (glyph.Codepoint < '0' || glyph.Codepoint > '9') continue;
    const float shift = (widest - glyph.AdvanceX) / 2;
    glyph.X0 += shift;
    glyph.X1 += shift;
    glyph.AdvanceX = widest;
  }
  font.BuildLookupTable();
}

void buildFonts(double scale) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  atlas.Flags |= ImFontAtlasFlags_NoMouseCursors;
  const double em = 13 * scale;
  current.body = addFont("fonts/Inter-Regular.otf", em, true);
  current.small = addFont("fonts/Inter-Regular.otf", em * 0.85, true);
  current.strong = addFont("fonts/Inter-SemiBold.otf", em, false);
  current.title = addFont("fonts/Inter-SemiBold.otf", em * 0.82, false);
  current.math = addFont("fonts/Inter-Regular.otf", em * 1.2, false);
  current.large = addFont("fonts/Inter-SemiBold.otf", em * 1.5, false);
  atlas.Build();
  for (ImFont* font : atlas.Fonts) equaliseDigits(*font);
  ImGui::GetIO().FontDefault = current.body;
}

void setColors(Theme theme) {
  const auto& p = palette(theme);
  Look& l = current;
  l.canvas = color(p.canvas), l.panel = color(p.panel), l.card = color(p.card);
  l.text = color(p.text), l.secondary = color(p.secondary), l.line = color(p.line);
  l.guided = color(p.guided), l.tilted = color(p.tilted), l.warning = color(p.warning), l.other = color(p.other);
  const bool dark = theme == Theme::Dark || theme == Theme::HighContrast;
  l.control = dark ? mix(l.canvas, l.text, theme == Theme::Dark ? 0.025 : 0) : mix(l.canvas, l.text, 0.045);
  l.controlHover = mix(l.control, l.text, 0.08);
  l.fill = mix(l.card, l.guided, dark ? 0.34 : 0.28);
  l.onGuided = contrastRatio(p.guided, p.canvas) > contrastRatio(p.guided, p.text) ? l.canvas : l.text;
}

ImVec4 vec(ImU32 c) { return ImGui::ColorConvertU32ToFloat4(c); }

void setStyle() {
  const Look& l = current;
  ImGuiStyle style;
  style.WindowPadding = {0, 0};
  style.FramePadding = {l.px(0.45), l.px(0.2)};
  style.ItemSpacing = {0, 0};
  style.ItemInnerSpacing = {l.px(0.4), 0};
  style.WindowRounding = 0;  // panels meet the window's edge
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 0;
  style.PopupRounding = l.px(0.5);
  style.PopupBorderSize = l.px(0.08);
  style.FrameRounding = l.px(0.4);
  style.ScrollbarSize = l.px(0.6);
  style.ScrollbarRounding = l.px(0.3);
  style.WindowMinSize = {1, 1};
  style.CircleTessellationMaxError = 0.25f;
  const auto set = [&](ImGuiCol index, ImU32 c) { style.Colors[index] = vec(c); };
  set(ImGuiCol_Text, l.text);
  set(ImGuiCol_TextDisabled, l.secondary);
  set(ImGuiCol_WindowBg, l.panel);
  set(ImGuiCol_ChildBg, 0);
  set(ImGuiCol_PopupBg, mix(l.card, l.text, 0.03));
  set(ImGuiCol_Border, l.line);
  set(ImGuiCol_FrameBg, l.control);
  set(ImGuiCol_FrameBgHovered, l.controlHover);
  set(ImGuiCol_FrameBgActive, l.controlHover);
  set(ImGuiCol_ScrollbarBg, 0);
  set(ImGuiCol_ScrollbarGrab, faded(l.secondary, 0.35));
  set(ImGuiCol_ScrollbarGrabHovered, faded(l.secondary, 0.6));
  set(ImGuiCol_ScrollbarGrabActive, l.secondary);
  set(ImGuiCol_TextSelectedBg, faded(l.guided, 0.35));
  set(ImGuiCol_NavHighlight, 0);
  ImGui::GetStyle() = style;
}

}  // namespace

const Look& look() { return current; }

float Look::px(double ems) const { return std::max(1.f, float(std::round(ems * em))); }
float Look::stroke(double points) const { return float(std::max(1.0, points * scale * palette(theme).strokes)); }

ImU32 color(Rgb c, double alpha) { return IM_COL32(c.r, c.g, c.b, int(std::lround(255 * alpha))); }

ImU32 mix(ImU32 a, ImU32 b, double t) {
  ImU32 out = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    const double x = (a >> shift) & 255, y = (b >> shift) & 255;
    out |= ImU32(std::lround(x + (y - x) * t)) << shift;
  }
  return out;
}

ImU32 faded(ImU32 c, double alpha) {
  const auto a = ImU32(std::lround(((c >> IM_COL32_A_SHIFT) & 255) * alpha));
  return (c & ~IM_COL32_A_MASK) | (a << IM_COL32_A_SHIFT);
}

ImU32 classColor(int label) { return color(gs::classColor(current.theme, label)); }

}  // namespace ui

void applyStyle(Theme theme, double scale) {
  ui::Look& l = ui::current;
  // Colours alone need no new atlas, and its texture stays valid.
  const bool fonts = l.scale != scale || ImGui::GetIO().Fonts->Fonts.empty();
  l.theme = theme;
  l.scale = scale;
  l.em = float(13 * scale);
  ui::setColors(theme);
  ui::setStyle();
  if (fonts) ui::buildFonts(scale);
}

}  // namespace gs
