// Where the data law comes from, and which class of it is sampled.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "data/distributions.h"
#include "session/classes.h"
#include "thumbnails.h"

namespace gs::ui {
namespace {

constexpr int kCells = 5;  // thumbnails in a row

// No class beyond those of the law.
void keepClasses(Experiment& e, int classes) {
  e.condition = std::min(e.condition, classes - 1);
  for (Term& t : e.guidance) t.label = std::min(t.label, classes - 1);
}

// Another law: the name and notes of the scene spoke about the one before.
void choose(Context& c, const Distribution& d, std::string_view label) {
  c.experiment.distribution = d;
  c.session.name = label;
  c.session.notes.clear();
  if (const auto law = lawOf(d)) keepClasses(c.experiment, law->classes());
}

void cell(const Box2& box, bool selected, bool hovered) {
  const Look& l = look();
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(box.lo, box.hi, l.canvas, l.em * 0.4f);
  edge(box, selected ? l.guided : hovered ? l.secondary : l.line, l.em * 0.4f, l.stroke(selected ? 1.6 : 1));
}

void presets(Context& c) {
  const Look& l = look();
  Memory& m = memory();
  Distribution& current = c.experiment.distribution;
  const auto all = distributionPresets();
  const int cells = int(all.size()) + 1;  // the last one takes own points
  const int pages = (cells + kCells - 1) / kCells;
  int chosen = -1;
  for (int i = 0; i < int(all.size()); ++i)
    if (current.kind == DistributionKind::Preset && all[std::size_t(i)].name == current.name) chosen = i;
  if (current.kind == DistributionKind::Points) chosen = cells - 1;

  ImGuiStorage* storage = ImGui::GetStateStorage();
  const ImGuiID pageId = ImGui::GetID("page"), seenId = ImGui::GetID("seen");
  // A new choice from elsewhere turns to its page; paging by hand stays.
  if (storage->GetInt(seenId, -2) != chosen) {
    storage->SetInt(seenId, chosen);
    storage->SetInt(pageId, std::max(0, chosen) / kCells);
  }
  int page = std::clamp(storage->GetInt(pageId), 0, pages - 1);

  const float space = l.px(0.35), size = std::floor((m.x1 - m.x0 - space * (kCells - 1)) / kCells);
  const Box2 strip = takeBox(double(size / l.em));
  for (int k = 0; k < kCells; ++k) {
    const int i = page * kCells + k;
    if (i >= cells) break;
    const float x = strip.lo.x + float(k) * (size + space);
    const Box2 box{{x, strip.lo.y}, {x + size, strip.lo.y + size}};
    const bool own = i == cells - 1;
    const std::string id = own ? "own" : std::string(all[std::size_t(i)].name);
    const Press p = press(id, box);
    note("distribution." + id, box);
    cell(box, i == chosen, p.hovered);
    if (own) {
      if (current.kind == DistributionKind::Points)
        drawThumbnail(box, thumbnail(current));
      else
        drawIcon(ImGui::GetWindowDrawList(), Icon::Plus, box.center(), size * 0.3f, p.hovered ? l.text : l.secondary);
      tooltip(p.id, p.hovered, "Your own points",
              "Import a CSV, NPY or NPZ with two columns and an optional label, or drop the file on the window.");
      if (p.clicked) c.result.commands.push_back(Command::ImportPoints);
    } else {
      const DistributionPreset& preset = all[std::size_t(i)];
      Distribution d;
      d.name = preset.name;
      d.word = current.word;
      drawThumbnail(box, thumbnail(d));
      tooltip(p.id, p.hovered, preset.label, preset.about);
      if (p.clicked && i != chosen) choose(c, d, preset.label);
    }
    focusRing(p, box);
  }
  const Box2 line = takeBox(kRow);
  const float arrow = l.px(1.4);
  const std::string where = std::to_string(page + 1) + " of " + std::to_string(pages);
  const float whereWidth = textWidth(l.small, where) + l.em * 0.4f;
  const float right = line.hi.x - 2 * arrow - whereWidth;
  std::string name = chosen >= 0 && chosen < int(all.size()) ? std::string(all[std::size_t(chosen)].label) : "";
  if (current.kind == DistributionKind::Points) name = "Own points";
  if (current.kind == DistributionKind::Mixture) name = "Mixture of this session";
  textIn({line.lo, {right, line.hi.y}}, l.strong, l.text, name, Align::Left, true);
  if (iconButton("earlier", {{right, line.lo.y}, {right + arrow, line.hi.y}}, Icon::Left, "Earlier distributions"))
    page = (page + pages - 1) % pages;
  textIn({{right + arrow, line.lo.y}, {right + arrow + whereWidth, line.hi.y}}, l.small, l.secondary, where,
         Align::Center);
  if (iconButton("later", {{line.hi.x - arrow, line.lo.y}, line.hi}, Icon::Right, "More distributions"))
    page = (page + 1) % pages;
  storage->SetInt(pageId, page);
}

void word(Context& c) {
  Distribution& d = c.experiment.distribution;
  const Box2 box = row("Word");
  note("distribution.word", box);
  if (textField("word", box, d.word, 12, "1 to 12 letters")) {
    if (const auto law = lawOf(d)) keepClasses(c.experiment, law->classes());
  }
  if (!lawOf(d)) wrappedText(look().small, look().warning, "Type 1 to 12 letters or digits; each becomes a class.");
}

// The caller fits the file again when these change; until then the embedded mixture is shown.
void ownPoints(Context& c) {
  const Look& l = look();
  Memory& m = memory();
  Distribution& d = c.experiment.distribution;
  const std::size_t slash = d.file.find_last_of('/');
  const Box2 file = row("File");
  textIn(file, l.body, l.secondary, slash == std::string::npos ? d.file : d.file.substr(slash + 1), Align::Left, true);
  const Press p = press("file", file, false);
  tooltip(p.id, p.hovered, "File", d.file, d.sha256.empty() ? "" : "SHA-256 " + d.sha256);
  m.path = "distribution.";
  fieldCombo(d, &Distribution::fit);
  fieldSlider(d, &Distribution::components);
  fieldSlider(d, &Distribution::bandwidth);
  m.path.clear();
}

void condition(Context& c, const Mixture& law) {
  const Look& l = look();
  Memory& m = memory();
  const int classes = law.classes();
  std::vector<Choice> choices{{"none", "Samples the whole law p(x): no class is asked for.", 0}};
  float needs = 0;
  for (int k = 0; k < classes; ++k) {
    const std::string label = className(c.experiment.distribution, k, 16);
    std::string help = "Samples p(x | " + className(c.experiment.distribution, k) + "), " +
                       shortNumber(100 * law.classProbability(k)) + " % of the data.";
    choices.push_back({label, help, classColor(k)});
  }
  for (const Choice& choice : choices) needs += textWidth(l.body, choice.label) + l.em * 2.1f;
  const Field f = fieldOf(&Experiment::condition);
  int index = std::clamp(c.experiment.condition + 1, 0, classes);
  const Box2 box = row(f.label);
  note("condition", box);
  bool changed = false;
  if (needs <= m.x1 - m.x0 - m.labelWidth) {
    changed = segmentedIn(box, "condition", choices, index);
  } else {
    for (std::size_t k = 1; k < choices.size(); ++k) choices[k].label = "class " + choices[k].label;
    changed = comboIn(box, "condition", choices[std::size_t(index)].label, choices, index);
  }
  if (changed) c.experiment.condition = index - 1;
}

}  // namespace

void distributionCard(Context& c) {
  const auto law = lawOf(c.experiment.distribution);
  std::string about;
  if (law) {
    const int classes = law->classes(), components = int(law->components.size());
    about = std::to_string(classes) + (classes == 1 ? " class · " : " classes · ") + grouped(components) +
            (components == 1 ? " component" : " components");
  }
  if (beginCard("distribution", "Distribution", about)) {
    presets(c);
    const Distribution& d = c.experiment.distribution;
    if (d.kind == DistributionKind::Preset && d.name == "letters") word(c);
    if (d.kind == DistributionKind::Points) ownPoints(c);
    if (const auto chosen = lawOf(c.experiment.distribution)) condition(c, *chosen);
  }
  endCard();
}

}  // namespace gs::ui
