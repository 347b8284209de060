// What came out: numbers with their errors, and everything that limits what they say.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "cards.h"
#include "diffusion/law_values.h"
#include "measure/causes.h"
#include "session/classes.h"
#include "session/methods.h"

namespace gs::ui {
namespace {

constexpr int kMostOfName = 10;

// The columns of numbers, from the left. The data and the tilted law are exact or by quadrature.
enum NumberColumn { DataColumn, TiltedColumn, GuidedColumn, kNumberColumns };
constexpr const char* kNumberColumnNames[kNumberColumns] = {"data", "tilted", "guided"};
constexpr const char* kUnguided = "unguided";  // the last one where nothing pushes
using NumberCells = std::array<std::string, kNumberColumns>;
struct Row {
  std::string group, name;
  NumberCells cells;
  std::string tip, note;
};

// ".72 ± .007": without the zeros before the points, which say nothing in a column of them.
std::string compact(std::string s) {
  for (std::size_t at = s.find("0."); at != std::string::npos; at = s.find("0.", at + 1))
    if (at == 0 || s[at - 1] < '0' || s[at - 1] > '9') s.erase(at, 1);
  return s;
}

// An error too small for the column (below .00005) leaves four decimals, all of them certain; the tooltip has the rest.
std::string plusMinus(const Metric& m) {
  const double uncertainty = std::max(std::abs(m.se), std::abs(m.floor));
  if (uncertainty > 0 && uncertainty < 5e-5 && std::abs(m.value) < 1e4) return compact(fixed(m.value, 4));
  if (std::abs(m.value) >= 1e5) return shortNumber(m.value, 2);
  return compact(formatValue(m.value, m.se, m.floor));
}

// The number of a law, with as many digits as the guided one beside it has and its own error allows.
std::string ofLaw(const Metric& m, double law, double error) {
  if (!std::isfinite(law)) return "";
  if (std::abs(law) >= 1e5 || std::abs(m.value) >= 1e5) return shortNumber(law);
  const auto decimals = [](const std::string& number) {
    const std::string value = number.substr(0, number.find(' '));
    const std::size_t dot = value.find('.');
    return dot == std::string::npos ? 0 : int(value.size() - dot - 1);
  };
  int digits = decimals(plusMinus(m));
  if (error > 0) digits = std::min(digits, decimals(formatValue(law, error, 0)));
  // One that rounds to zero has no sign.
  return compact(fixed(std::abs(law) < .5 * std::pow(10., -digits) ? 0 : law, digits));
}
NumberCells cellsOf(const Metric& m) {
  return {ofLaw(m, m.reference, m.referenceError), ofLaw(m, m.tilted, m.tiltedError), plusMinus(m)};
}
// " Data −0.01708, tilted law −0.0006": what the columns round.
std::string numbersOfLaws(const Metric& m) {
  std::string s;
  if (std::isfinite(m.reference)) s = " Data " + formatLawValue(m.reference, m.referenceError);
  if (std::isfinite(m.tilted))
    s += (s.empty() ? " T" : ", t") + ("ilted law " + formatLawValue(m.tilted, m.tiltedError));
  return s.empty() ? s : s + ", by quadrature or a closed form.";
}
// Where the columns are, in a row: as wide as their widest number, the last one at the right end.
struct NumberColumns {
  std::array<float, kNumberColumns> width{};  // 0: left out
  float space = 0;
  template <class Rows, class Get>
  NumberColumns(const Rows& rows, Get cells, bool tilted) : space(look().em * 0.8f) {
    for (std::size_t k = 0; k < kNumberColumns; ++k) {
      if (k == TiltedColumn && !tilted) continue;
      width[k] = textWidth(look().small, k == GuidedColumn ? kUnguided : kNumberColumnNames[k]);
      for (const auto& r : rows) width[k] = std::max(width[k], textWidth(look().body, cells(r)[k]));
    }
  }
  float all(const NumberCells& cells) const {  // what a row takes of the right end: empty cells at its left are free
    float wide = 0, taken = 0;
    for (std::size_t k = kNumberColumns; k-- > 0;) {
      if (width[k] > 0) wide += width[k] + space;
      if (!cells[k].empty()) taken = wide;
    }
    return taken;
  }
  Box2 of(const Box2& row, std::size_t column) const {
    float right = row.hi.x;
    for (std::size_t k = kNumberColumns - 1; k > column; --k)
      if (width[k] > 0) right -= width[k] + space;
    return {{right - width[column], row.lo.y}, {right, row.hi.y}};
  }
  void head(const Box2& row, const char* guided) const {
    for (std::size_t k = 0; k < kNumberColumns; ++k)
      if (width[k] > 0)
        textIn(of(row, k), look().small, look().secondary, k == GuidedColumn ? guided : kNumberColumnNames[k],
               Align::Right);
  }
  void cells(const Box2& row, const NumberCells& cells, ImU32 guided) const {
    const Look& l = look();
    for (std::size_t k = 0; k < kNumberColumns; ++k)
      if (width[k] > 0 && !cells[k].empty())
        textIn(of(row, k), l.body,
               k == DataColumn     ? l.secondary
               : k == TiltedColumn ? l.tilted
                                   : guided,
               cells[k], Align::Right);
  }
};
bool anyTilted(const std::vector<Metric>& metrics) {
  return std::any_of(metrics.begin(), metrics.end(), [](const Metric& m) { return std::isfinite(m.tilted); });
}

bool startsWith(const Metric& m, std::string_view prefix) { return m.name.starts_with(prefix); }

// "shift_3": of one component, in the card of the components.
bool ofComponent(const Metric& m) {
  return m.name.find_first_not_of("0123456789", m.name.rfind('_') + 1) == m.name.npos;
}

int fractionIndex(const Metric& m) {
  int k = -1;
  const std::string_view digits = std::string_view(m.name).substr(std::string_view("fraction_").size());
  std::from_chars(digits.data(), digits.data() + digits.size(), k);
  return k;
}

std::string place(Vec2 v, int decimals) {
  std::string s = fixed(v.x, decimals) + ", " + fixed(v.y, decimals);
  s.insert(s.begin(), '(');
  s.push_back(')');
  return s;
}

// In the colour and the words of what they are of.
struct NumberStyle {
  const char *note = "± s.e. or floor", *column = kNumberColumnNames[GuidedColumn];
  ImU32 color = look().guided;
};
bool pushesAny(const Experiment& e, const LiveAnswer& a) { return guides(e, a.mixture ? a.mixture->classes() : 2); }
NumberStyle numberStyle(const Context& c) {
  const Look& l = look();
  NumberStyle style;
  if (!pushesAny(c.answer.metricsOf ? *c.answer.metricsOf : c.experiment, c.answer))
    style.column = kUnguided, style.color = l.text;
  switch (numbersOf(c.experiment, c.answer)) {
    case NumbersOf::Now:
      break;
    case NumbersOf::Reference:
      style.note = "without guidance";
      break;
    case NumbersOf::BeforeReference:
      style.note = "with guidance", style.color = l.secondary;
      break;
    case NumbersOf::Earlier:
      style.note = "before this change", style.color = l.secondary;
  }
  return style;
}

// Where name and numbers do not fit beside each other, the name gets its own line.
void table(const std::vector<Row>& rows, bool tilted, const NumberStyle& of) {
  const Look& l = look();
  Memory& m = memory();
  const NumberColumns columns(
      rows, [](const Row& r) -> const NumberCells& { return r.cells; }, tilted);
  columns.head(takeBox(1.35), of.column);
  rule();
  std::string_view group;
  for (const Row& r : rows) {
    if (r.group != group) {
      const Box2 heading = takeBox(1.7);
      textIn({{heading.lo.x, heading.lo.y + l.em * 0.25f}, heading.hi}, l.small, l.secondary, r.group);
      rule();
      group = r.group;
    }
    ImGui::PushID((r.group + r.name).c_str());
    const float icon = r.note.empty() ? 0 : l.em * 1.1f;
    const float room = m.x1 - m.x0 - columns.all(r.cells) - icon;
    const bool beside = textWidth(l.body, r.name) <= room;
    Box2 name = takeBox(beside ? 1.62 : 1.45), numbers = beside ? name : takeBox(1.45);
    const Box2 whole{name.lo, numbers.hi};
    const Press p = press("row", whole, false);
    if (p.hovered)
      ImGui::GetWindowDrawList()->AddRectFilled({whole.lo.x - l.em * 0.3f, whole.lo.y},
                                                {whole.hi.x + l.em * 0.3f, whole.hi.y}, faded(l.text, 0.05),
                                                l.em * 0.3f);
    textIn({name.lo, {beside ? name.lo.x + room : name.hi.x - icon, name.hi.y}}, l.body, l.text, r.name);
    if (!r.note.empty())
      drawIcon(ImGui::GetWindowDrawList(), Icon::Warning,
               {name.lo.x + textWidth(l.body, r.name) + l.em * 0.8f, name.center().y}, l.em * 0.75f, l.secondary);
    columns.cells(numbers, r.cells, of.color);
    tooltip(p.id, p.hovered, r.name, r.tip, r.note);
    ImGui::PopID();
    rule();
  }
}

// The words of the table: short, and with the class that is sampled. Under a heading where several rows say one thing.
struct RowWords {
  std::string group, name;
};
RowWords rowWords(const Metric& m, const Experiment& e) {
  const std::string c = className(e.distribution, e.condition, kMostOfName);
  if (m.name == "inverse_posterior") return {"", "E[1/p(" + c + "|x)]"};
  if (m.name == "log_posterior") return {"", "E[log p(" + c + "|x)]"};
  if (m.name == "outliers") return {"", "outside 3σ"};
  if (m.name == "log_posterior_q05") return {"log p(" + c + "|x)", "5 % below"};
  if (m.name == "log_posterior_q50") return {"log p(" + c + "|x)", "median"};
  if (m.name == "log_posterior_q95") return {"log p(" + c + "|x)", "95 % below"};
  if (m.name == "reward_q05") return {"r(x)", "5 % below"};
  if (m.name == "reward_q50") return {"r(x)", "median"};
  if (m.name == "reward_q95") return {"r(x)", "95 % below"};
  for (const std::string_view way : {"along", "across"})
    for (const std::string_view what : {"shift", "spread"})
      if (m.name == std::string(what) + "_" + std::string(way))
        return {std::string(way) + " the push", std::string(what)};
  if (m.name == "energy_conditional") return {"energy distance", "to p(x|" + c + ")"};
  if (m.name == "energy_data") return {"energy distance", "to p(x)"};
  return {"", m.label};
}

void numbers(Context& c) {
  const Look& l = look();
  const LiveAnswer& a = c.answer;
  const NumberStyle of = numberStyle(c);
  if (beginCard("numbers", "What guidance did", of.note)) {
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
        if (ofComponent(m)) continue;
        const bool energy = startsWith(m, "energy_");
        const std::string exact = formatValue(m.value, m.se, m.floor);
        RowWords words = rowWords(m, c.experiment);
        NumberCells cells = cellsOf(m);
        if (energy) cells[DataColumn].clear();
        rows.push_back({std::move(words.group), std::move(words.name), std::move(cells),
                        m.label + " = " + exact + " (standard error " + shortNumber(m.se, 2) + ", Monte Carlo floor " +
                            shortNumber(m.floor, 2) + "). " + metricAbout(m.name) + "." +
                            (energy ? "" : numbersOfLaws(m)),
                        m.note});
      }
    // Those without a heading first, then each heading with its own.
    std::stable_partition(rows.begin(), rows.end(), [](const Row& r) { return r.group.empty(); });
    if (blownUp > 0) {
      wrappedText(l.strong, l.warning, grouped(blownUp) + " of " + grouped(particles) + " particles blew up");
      wrappedText(l.small, l.secondary,
                  "Their numbers left the finite range and are left out below. Lower ω, or take more steps.");
      gap(0.4);
    }
    if (none)
      wrappedText(l.body, l.secondary,
                  a.error.empty() ? "The numbers appear when the picture rests."
                                  : "No numbers: the experiment cannot be computed.");
    else
      table(rows, anyTilted(*a.metrics), of);
    const bool tail = std::any_of(rows.begin(), rows.end(), [](const Row& r) { return !r.note.empty(); });
    if (a.mixture && a.mixture->classes() == 1) {
      gap(0.3);
      wrappedText(l.small, l.secondary, "There is one class only: p(c|x) is 1 everywhere, so its rows are left out.");
    }
    if (tail) {
      gap(0.3);
      wrappedText(l.small, l.secondary, "Point at a marked row for its warning.");
    }
    // Of an answer that is still measured, the picture's own word for it.
    if (const std::string& why = !a.tiltAbsent.empty() || !a.target ? a.tiltAbsent : a.target->absent; !why.empty()) {
      gap(0.4);
      wrappedText(l.small, l.secondary, sentence(why));
    }
    gap(0.15);
  }
  endCard();
}

// Shares of the components: a bar for the data, one for the tilted law and one for the guided samples.
void components(Context& c) {
  const Look& l = look();
  const LiveAnswer& a = c.answer;
  if (!a.metrics) return;
  struct Share {
    const Metric* metric;
    const Component* component;
    std::string name;
    NumberCells cells;
  };
  std::vector<Share> shares;
  double most = 1e-9;
  for (const Metric& m : *a.metrics) {
    if (!startsWith(m, "fraction_")) continue;
    const int k = fractionIndex(m);
    shares.push_back({&m,
                      a.mixture && k >= 0 && k < int(a.mixture->components.size())
                          ? &a.mixture->components[std::size_t(k)]
                          : nullptr,
                      std::to_string(k + 1), cellsOf(m)});
    most =
        std::max({most, m.value, std::isfinite(m.reference) ? m.reference : 0, std::isfinite(m.tilted) ? m.tilted : 0});
  }
  if (shares.size() < 2) return;
  if (beginCard("components", "Shares of components")) {
    // A few are named by their place, many by their number.
    if (shares.size() <= 8)
      for (Share& s : shares)
        if (s.component) s.name = place(s.component->mean, 1);
    float nameWidth = 0;
    for (const Share& s : shares) nameWidth = std::max(nameWidth, textWidth(l.body, s.name));
    const float space = l.em * 0.8f, mark = l.em * 1.0f;
    const NumberColumns columns(
        shares, [](const Share& s) -> const NumberCells& { return s.cells; }, anyTilted(*a.metrics));
    const Box2 head = takeBox(1.3);
    textIn({head.lo, {columns.of(head, DataColumn).lo.x - space, head.hi.y}}, l.small, l.secondary, "nearest to");
    const NumberStyle of = numberStyle(c);
    columns.head(head, of.column);
    for (const Share& s : shares) {
      ImGui::PushID(s.metric->name.c_str());
      const Box2 box = takeBox(1.75);
      ImDrawList* d = ImGui::GetWindowDrawList();
      if (s.component)
        d->AddCircleFilled({box.lo.x + l.em * 0.35f, box.center().y}, l.em * 0.28f, classColor(s.component->label));
      textIn({{box.lo.x + mark, box.lo.y}, {box.lo.x + mark + nameWidth + 1, box.hi.y}}, l.body, l.text, s.name);
      const float x = box.lo.x + mark + nameWidth + space, room = columns.of(box, DataColumn).lo.x - space - x,
                  y = box.center().y, h = l.em * 0.28f;
      const auto bar = [&](double v, float top, ImU32 color) {
        d->AddRectFilled({x, top}, {x + std::max(1.f, room * float(std::clamp(v / most, 0.0, 1.0))), top + h}, color,
                         l.em * 0.08f);
      };
      if (room > l.em) {
        const bool both = std::isfinite(s.metric->tilted);
        const float first = y - (both ? h * 1.5f + l.em * 0.08f : h + l.em * 0.04f), apart = h + l.em * 0.08f;
        if (std::isfinite(s.metric->reference)) bar(s.metric->reference, first, l.other);
        if (both) bar(s.metric->tilted, first + apart, l.tilted);
        bar(s.metric->value, first + (both ? 2 : 1) * apart, of.color);
      }
      columns.cells(box, s.cells, of.color);
      const Press p = press("share", box, false);
      std::string where = s.metric->label;
      if (s.component)
        where = "Component at " + place(s.component->mean, 2) + " of class " +
                className(c.experiment.distribution, s.component->label);
      std::string mode;
      const std::string index = s.metric->name.substr(s.metric->name.rfind('_'));
      for (const Metric& m : *a.metrics) {
        const char* words = m.name == "shift" + index        ? "their mean is off its own by "
                            : m.name == "covariance" + index ? "; covariance ratio "
                            : m.name == "outliers" + index   ? "; outside 3σ "
                                                             : nullptr;
        if (words) mode += words + compact(formatValue(m.value, m.se, m.floor));
      }
      if (!mode.empty()) mode = " Of these samples " + mode + ".";
      tooltip(p.id, p.hovered, where, metricAbout("fraction_K") + "." + numbersOfLaws(*s.metric) + mode,
              s.metric->note);
      ImGui::PopID();
    }
    gap(0.15);
  }
  endCard();
}

}  // namespace

NumbersOf numbersOf(const Experiment& asked, const LiveAnswer& a) {
  Experiment reference = asked;
  for (Term& t : reference.guidance) t.omega = 0;
  const bool held = pushesAny(asked, a) && a.frame && a.frame->experiment && *a.frame->experiment == reference;
  if (!a.metricsOf) return NumbersOf::Now;
  if (*a.metricsOf == asked) return held ? NumbersOf::BeforeReference : NumbersOf::Now;
  return held && *a.metricsOf == reference ? NumbersOf::Reference : NumbersOf::Earlier;
}

std::string metricAbout(std::string name) {
  if (name.starts_with("log_posterior_q")) name = "log_posterior_qP";
  static const std::vector<MetricInfo> infos = metricList(), causes = causeList();
  for (const std::vector<MetricInfo>* list : {&infos, &causes})
    for (const MetricInfo& i : *list)
      if (i.name == name) return i.about;
  return "";
}

void results(Context& c) {
  const Look& l = look();
  if (!c.answer.error.empty()) {
    if (beginCard("error", "This cannot be computed", {}, true)) {
      wrappedText(l.body, l.warning, c.answer.error);
      gap(0.3);
      wrappedText(l.small, l.secondary,
                  "The picture shows the last experiment that could be. Change the value that is named, or undo.");
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
