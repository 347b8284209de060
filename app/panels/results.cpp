// What came out: numbers with their errors, and everything that limits what they say.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "cards.h"

namespace gs::ui {
namespace {

struct Row {
  std::string name, data, guided, tip, note;
  bool warning = false;
};

std::string plusMinus(const Metric& m) { return formatValue(m.value, m.se, m.floor); }

// As many digits as the guided number beside it has.
std::string reference(const Metric& m) {
  if (!std::isfinite(m.reference)) return "";
  const std::string s = plusMinus(m), value = s.substr(0, s.find(' '));
  const std::size_t dot = value.find('.');
  return fixed(m.reference, dot == std::string::npos ? 0 : int(value.size() - dot - 1));
}

bool startsWith(const Metric& m, std::string_view prefix) { return m.name.starts_with(prefix); }

int fractionIndex(const Metric& m) {
  int k = -1;
  const std::string_view digits = std::string_view(m.name).substr(std::string_view("fraction_").size());
  std::from_chars(digits.data(), digits.data() + digits.size(), k);
  return k;
}

// Three columns: name, data, guided. Where name and numbers do not fit beside each other, the name gets its own line.
void table(const std::vector<Row>& rows) {
  const Look& l = look();
  Memory& m = memory();
  float dataWidth = textWidth(l.small, "data"), guidedWidth = textWidth(l.small, "guided");
  for (const Row& r : rows) {
    dataWidth = std::max(dataWidth, textWidth(l.body, r.data));
    guidedWidth = std::max(guidedWidth, textWidth(l.body, r.guided));
  }
  const float space = l.em * 0.8f;
  const Box2 head = takeBox(1.35);
  textIn({{head.hi.x - guidedWidth, head.lo.y}, head.hi}, l.small, l.secondary, "guided", Align::Right);
  textIn({{head.hi.x - guidedWidth - space - dataWidth, head.lo.y}, {head.hi.x - guidedWidth - space, head.hi.y}}, l.small, l.secondary, "data", Align::Right);
  rule();
  for (const Row& r : rows) {
    ImGui::PushID(r.name.c_str());
    const float icon = r.note.empty() ? 0 : l.em * 1.1f;
    const float room = m.x1 - m.x0 - guidedWidth - space - (r.data.empty() ? 0 : dataWidth + space) - icon;
    const bool beside = textWidth(l.body, r.name) <= room;
    Box2 name = takeBox(beside ? 1.62 : 1.45), numbers = beside ? name : takeBox(1.45);
    const Box2 whole{name.lo, numbers.hi};
    const Press p = press("row", whole, false);
    if (p.hovered) ImGui::GetWindowDrawList()->AddRectFilled({whole.lo.x - l.em * 0.3f, whole.lo.y}, {whole.hi.x + l.em * 0.3f, whole.hi.y}, faded(l.text, 0.05), l.em * 0.3f);
    textIn({name.lo, {beside ? name.lo.x + room : name.hi.x - icon, name.hi.y}}, l.body, l.text, r.name);
    if (!r.note.empty())
      drawIcon(ImGui::GetWindowDrawList(), Icon::Warning, {name.lo.x + textWidth(l.body, r.name) + l.em * 0.8f, name.center().y}, l.em * 0.75f, l.secondary);
    if (!r.data.empty())
      textIn({{numbers.hi.x - guidedWidth - space - dataWidth, numbers.lo.y}, {numbers.hi.x - guidedWidth - space, numbers.hi.y}}, l.body, l.secondary, r.data, Align::Right);
    textIn({{numbers.hi.x - guidedWidth, numbers.lo.y}, numbers.hi}, l.body, r.warning ? l.warning : l.guided, r.guided, Align::Right);
    tooltip(p.id, p.hovered, r.name, r.tip, r.note);
    ImGui::PopID();
    rule();
  }
}

std::string about(const std::string& name) {
  static const std::vector<MetricInfo> infos = metricList();
  for (const MetricInfo& i : infos)
    if (i.name == name) return i.about;
  return "";
}

void numbers(Context& c) {
  const Look& l = look();
  const LiveAnswer& a = c.answer;
  if (beginCard("numbers", "What guidance did", "± 1 s.e.")) {
    const bool none = !a.metrics || a.metrics->empty();
    std::vector<Row> rows;
    int blownUp = a.frame ? a.frame->blownUp : 0;
    const int particles = a.frame ? a.frame->particles : c.experiment.particles.count;
    if (!none)
      for (const Metric& m : *a.metrics) {
        if (m.name == "blown_up") {
          if (!a.frame) blownUp = int(m.value);
          continue;
        }
        if (startsWith(m, "fraction_")) continue;
        rows.push_back({m.label, reference(m), plusMinus(m), about(m.name), m.note, false});
      }
    if (blownUp > 0) {
      wrappedText(l.strong, l.warning, grouped(blownUp) + " of " + grouped(particles) + " particles blew up");
      wrappedText(l.small, l.secondary, "Their numbers left the finite range and are left out below. Lower ω, or take more steps.");
      gap(0.4);
    }
    if (none)
      wrappedText(l.body, l.secondary, a.error.empty() ? "The numbers appear when the picture rests." : "No numbers: the experiment cannot be computed.");
    else
      table(rows);
    const bool tail = std::any_of(rows.begin(), rows.end(), [](const Row& r) { return !r.note.empty(); });
    if (tail) {
      gap(0.3);
      wrappedText(l.small, l.secondary, "Rows with a sign carry a warning: point at them.");
    }
    if (a.target && !a.target->absent.empty()) {
      gap(0.4);
      std::string words = a.target->absent;
      if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = char(words[0] - 'a' + 'A');
      wrappedText(l.small, l.secondary, words + (words.ends_with('.') ? "" : "."));
    }
    gap(0.15);
  }
  endCard();
}

// Shares of the components: a bar for the data and one for the guided samples.
void components(Context& c) {
  const Look& l = look();
  const LiveAnswer& a = c.answer;
  if (!a.metrics) return;
  std::vector<const Metric*> fractions;
  for (const Metric& metric : *a.metrics)
    if (startsWith(metric, "fraction_")) fractions.push_back(&metric);
  if (fractions.size() < 2) return;
  if (beginCard("components", "Shares of components", "data   guided")) {
    double most = 1e-9;
    for (const Metric* f : fractions) most = std::max({most, f->value, std::isfinite(f->reference) ? f->reference : 0});
    float guidedWidth = 0, dataWidth = 0;
    for (const Metric* f : fractions) {
      guidedWidth = std::max(guidedWidth, textWidth(l.body, plusMinus(*f)));
      dataWidth = std::max(dataWidth, textWidth(l.body, reference(*f)));
    }
    for (const Metric* f : fractions) {
      ImGui::PushID(f->name.c_str());
      const int k = fractionIndex(*f);
      const Component* component = a.mixture && k >= 0 && k < int(a.mixture->components.size()) ? &a.mixture->components[std::size_t(k)] : nullptr;
      const Box2 box = takeBox(1.75);
      const float numbersWidth = guidedWidth + dataWidth + l.em * 0.8f;
      float x = box.lo.x;
      if (component) ImGui::GetWindowDrawList()->AddCircleFilled({x + l.em * 0.35f, box.center().y}, l.em * 0.28f, classColor(component->label));
      x += l.em * 1.0f;
      const std::string label = std::to_string(k + 1);
      textIn({{x, box.lo.y}, {x + l.em * 1.4f, box.hi.y}}, l.body, l.secondary, label);
      x += l.em * 1.5f;
      const float barRoom = box.hi.x - numbersWidth - l.em * 0.7f - x;
      ImDrawList* d = ImGui::GetWindowDrawList();
      const auto bar = [&](double v, float y0, float y1, ImU32 color) {
        d->AddRectFilled({x, y0}, {x + std::max(1.f, barRoom * float(std::clamp(v / most, 0.0, 1.0))), y1}, color, l.em * 0.08f);
      };
      const float y = box.center().y, h = l.em * 0.3f;
      if (std::isfinite(f->reference)) bar(f->reference, y - h - l.em * 0.05f, y - l.em * 0.05f, l.other);
      bar(f->value, y + l.em * 0.05f, y + h + l.em * 0.05f, l.guided);
      textIn({{box.hi.x - guidedWidth, box.lo.y}, box.hi}, l.body, l.guided, plusMinus(*f), Align::Right);
      textIn({{box.hi.x - numbersWidth, box.lo.y}, {box.hi.x - guidedWidth - l.em * 0.8f, box.hi.y}}, l.body, l.secondary, reference(*f), Align::Right);
      const Press p = press("share", box, false);
      std::string where = f->label;
      if (component) where = "Component " + label + " of class " + classLabel(component->label) + ", mean (" + fixed(component->mean.x, 2) + ", " + fixed(component->mean.y, 2) + ")";
      tooltip(p.id, p.hovered, where, about("fraction_K"), f->note);
      ImGui::PopID();
    }
  }
  endCard();
}

}  // namespace

void results(Context& c) {
  const Look& l = look();
  if (!c.answer.error.empty()) {
    if (beginCard("error", "This cannot be computed", {}, true)) {
      wrappedText(l.body, l.warning, c.answer.error);
      gap(0.3);
      wrappedText(l.small, l.secondary, "The picture shows the last experiment that could be. Change the value that is named, or undo.");
      gap(0.15);
    }
    endCard();
  }
  numbers(c);
  components(c);
  if (!c.session.notes.empty()) {
    if (beginCard("notes", "About this scene")) {
      wrappedText(l.body, l.text, c.session.notes);
      gap(0.2);
    }
    endCard();
  }
}

}  // namespace gs::ui
