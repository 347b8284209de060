#include "session/json.h"
#include "session/markdown.h"
#include "session/tree.h"
#include "session/type.h"

namespace gs {
namespace {

class Lister {
 public:
  void list(const Type& type, const std::string& prefix) {
    const ConstValue standard(type, type.standard);
    for (const Member& m : type.members) {
      const Field& f = m.field;
      const std::string path = prefix + std::string(f.name);
      if (m.type->kind == Type::Kind::Struct) {
        list(*m.type, path + '.');
      } else if (!m.type->item) {
        leaf(f, path, standard[m]);
      } else if (m.type->item == &typeOf<Experiment>()) {
        list(*m.type->item, "");  // "panes.0." is implied
      } else {
        add(f, path, rangeText(f) + " entries", "none");
        list(*m.type->item, path + ".N.");
      }
    }
  }
  std::vector<ParameterInfo> take() { return std::move(out_); }

 private:
  void leaf(const Field& f, const std::string& path, ConstValue standard) {
    switch (standard.type().kind) {
      case Type::Kind::Flag:
        return add(f, path, "true, false", standard.number() != 0 ? "true" : "false");
      case Type::Kind::Choice: {
        std::string names;
        for (const EnumName& e : standard.type().names) names += (names.empty() ? "" : ", ") + std::string(e.name);
        return add(f, path, names, std::string(standard.name()));
      }
      case Type::Kind::Real:
      case Type::Kind::Whole: {
        const double number = standard.number();
        const bool null = f.form == Form::NullIsZero && number == 0, none = f.form == Form::Class && number < 0;
        return add(f, path, rangeText(f) + (f.form == Form::NullIsZero ? " or null" : ""),
                   null   ? "null"
                   : none ? "none"
                          : numberText(number));
      }
      case Type::Kind::Text:
        return add(f, path, "text", compactText(standard.text()));
      case Type::Kind::Pair:
        return add(f, path, rangeText(f), pair(standard.pair().x, standard.pair().y));
      case Type::Kind::Matrix: {
        const Sym2 v = standard.matrix();
        return add(f, path, rangeText(f), "[" + pair(v.xx, v.xy) + ", " + pair(v.xy, v.yy) + "]");
      }
      default:
        return;
    }
  }

  static std::string pair(double a, double b) {
    std::string text = "[";
    text += numberText(a);
    text += ", ";
    text += numberText(b);
    text += ']';
    return text;
  }

  void add(const Field& f, std::string path, std::string range, std::string standard) {
    std::string with(f.with);
    if (!f.withWord.empty()) with += " " + std::string(f.withWord);
    out_.push_back({std::move(path), std::string(f.label), std::string(f.symbol), std::string(f.unit), std::move(range),
                    std::move(standard), std::string(f.kinds), std::move(with), std::string(f.help)});
  }

  std::vector<ParameterInfo> out_;
};

}  // namespace

std::vector<ParameterInfo> parameters() {
  Lister lister;
  lister.list(typeOf<Session>(), "");
  return lister.take();
}

std::string parameterTableMarkdown() {
  std::string out = "| path | range | default | unit | what it does |\n|---|---|---|---|---|\n";
  for (const ParameterInfo& p : parameters()) {
    std::string help = p.help;
    std::string kinds;
    for (const char c : p.kinds) kinds += c == ' ' ? std::string("`, `") : std::string(1, c);
    if (!p.kinds.empty()) help += " Only of `" + kinds + "`";
    if (!p.with.empty()) help += (p.kinds.empty() ? " Only with `" : " with `") + p.with + "`";
    if (!p.kinds.empty() || !p.with.empty()) help += ".";
    out += "| `" + tableCell(p.path) + "` | " + tableCell(p.range) + " | `" + tableCell(p.standard) + "` | " +
           tableCell(p.unit) + " | " + tableCell(help) + " |\n";
  }
  return out;
}

}  // namespace gs
