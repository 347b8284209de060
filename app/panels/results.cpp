// What came out: numbers with their errors, and everything that limits what they say.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "cards.h"
#include "measure/causes.h"
#include "session/classes.h"

namespace gs::ui {
namespace {

constexpr int kMostOfName = 10;

struct Row {
  std::string group, name, data, guided, tip, note;
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

// As many digits as the guided number beside it has.
std::string reference(const Metric& m) {
  if (!std::isfinite(m.reference)) return "";
  const std::string s = plusMinus(m), value = s.substr(0, s.find(' '));
  const std::size_t dot = value.find('.');
  if (std::abs(m.reference) >= 1e5 || std::abs(m.value) >= 1e5) return shortNumber(m.reference);
  return compact(fixed(m.reference, dot == std::string::npos ? 0 : int(value.size() - dot - 1)));
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

// Three columns: name, data, guided. Where name and numbers do not fit beside each other, the name gets its own line.
// `stale`: the numbers are of an earlier answer, and not in the guided colour.
void table(const std::vector<Row>& rows, bool stale) {
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
  textIn({{head.hi.x - guidedWidth - space - dataWidth, head.lo.y}, {head.hi.x - guidedWidth - space, head.hi.y}},
         l.small, l.secondary, "data", Align::Right);
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
    const float room = m.x1 - m.x0 - guidedWidth - space - (r.data.empty() ? 0 : dataWidth + space) - icon;
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
    if (!r.data.empty())
      textIn({{numbers.hi.x - guidedWidth - space - dataWidth, numbers.lo.y},
              {numbers.hi.x - guidedWidth - space, numbers.hi.y}},
             l.body, l.secondary, r.data, Align::Right);
    textIn({{numbers.hi.x - guidedWidth, numbers.lo.y}, numbers.hi}, l.body, stale ? l.secondary : l.guided, r.guided,
           Align::Right);
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

// While a weight is dragged the numbers are those of the last rest.
bool outOfDate(const Context& c) { return c.answer.metricsOf && *c.answer.metricsOf != c.experiment; }

void numbers(Context& c) {
  const Look& l = look();
  const LiveAnswer& a = c.answer;
  const bool stale = outOfDate(c);
  if (beginCard("numbers", "What guidance did", stale ? "before this change" : "± s.e. or floor")) {
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
        rows.push_back({std::move(words.group), std::move(words.name), energy ? "" : reference(m), plusMinus(m),
                        m.label + " = " + exact + " (standard error " + shortNumber(m.se, 2) + ", Monte Carlo floor " +
                            shortNumber(m.floor, 2) + "). " + metricAbout(m.name) + ".",
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
      table(rows, stale);
    const bool tail = std::any_of(rows.begin(), rows.end(), [](const Row& r) { return !r.note.empty(); });
    if (a.mixture && a.mixture->classes() == 1) {
      gap(0.3);
      wrappedText(l.small, l.secondary, "There is one class only: p(c|x) is 1 everywhere, so its rows are left out.");
    }
    if (tail) {
      gap(0.3);
      wrappedText(l.small, l.secondary, "Point at a marked row for its warning.");
    }
    if (a.target && !a.target->absent.empty()) {
      gap(0.4);
      wrappedText(l.small, l.secondary, sentence(a.target->absent));
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
  struct Share {
    const Metric* metric;
    const Component* component;
    std::string name, data, guided;
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
                      std::to_string(k + 1), reference(m), plusMinus(m)});
    most = std::max({most, m.value, std::isfinite(m.reference) ? m.reference : 0});
  }
  if (shares.size() < 2) return;
  if (beginCard("components", "Shares of components")) {
    // A few are named by their place, many by their number.
    if (shares.size() <= 8)
      for (Share& s : shares)
        if (s.component) s.name = place(s.component->mean, 1);
    float nameWidth = 0, dataWidth = textWidth(l.small, "data"), guidedWidth = textWidth(l.small, "guided");
    for (const Share& s : shares) {
      nameWidth = std::max(nameWidth, textWidth(l.body, s.name));
      dataWidth = std::max(dataWidth, textWidth(l.body, s.data));
      guidedWidth = std::max(guidedWidth, textWidth(l.body, s.guided));
    }
    const float space = l.em * 0.8f, mark = l.em * 1.0f;
    const auto columns = [&](const Box2& b) {
      const Box2 guided{{b.hi.x - guidedWidth, b.lo.y}, b.hi},
          data{{guided.lo.x - space - dataWidth, b.lo.y}, {guided.lo.x - space, b.hi.y}};
      return std::pair(data, guided);
    };
    const Box2 head = takeBox(1.3);
    textIn({head.lo, {head.lo.x + mark + nameWidth + l.em * 4, head.hi.y}}, l.small, l.secondary, "nearest to");
    textIn(columns(head).first, l.small, l.secondary, "data", Align::Right);
    textIn(columns(head).second, l.small, l.secondary, "guided", Align::Right);
    for (const Share& s : shares) {
      ImGui::PushID(s.metric->name.c_str());
      const Box2 box = takeBox(1.75);
      const auto [data, guided] = columns(box);
      ImDrawList* d = ImGui::GetWindowDrawList();
      if (s.component)
        d->AddCircleFilled({box.lo.x + l.em * 0.35f, box.center().y}, l.em * 0.28f, classColor(s.component->label));
      textIn({{box.lo.x + mark, box.lo.y}, {box.lo.x + mark + nameWidth + 1, box.hi.y}}, l.body, l.text, s.name);
      const float x = box.lo.x + mark + nameWidth + space, room = data.lo.x - space - x, y = box.center().y,
                  h = l.em * 0.28f;
      const auto bar = [&](double v, float top, ImU32 color) {
        d->AddRectFilled({x, top}, {x + std::max(1.f, room * float(std::clamp(v / most, 0.0, 1.0))), top + h}, color,
                         l.em * 0.08f);
      };
      if (room > l.em) {
        if (std::isfinite(s.metric->reference)) bar(s.metric->reference, y - h - l.em * 0.04f, l.other);
        bar(s.metric->value, y + l.em * 0.04f, l.guided);
      }
      textIn(data, l.body, l.secondary, s.data, Align::Right);
      textIn(guided, l.body, outOfDate(c) ? l.secondary : l.guided, s.guided, Align::Right);
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
      tooltip(p.id, p.hovered, where, metricAbout("fraction_K") + "." + mode, s.metric->note);
      ImGui::PopID();
    }
    gap(0.15);
  }
  endCard();
}

}  // namespace

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
