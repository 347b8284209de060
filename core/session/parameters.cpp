#include "session/fields.h"
#include "session/json.h"
#include "session/tree.h"

namespace gs {
namespace {

class Lister {
 public:
  template <HasFields S>
  void list(const S& standard, const std::string& prefix) {
    fields(standard, [&](const Field& f, const auto& member) {
      using T = std::remove_cvref_t<decltype(member)>;
      const std::string path = prefix + std::string(f.name);
      if constexpr (std::is_same_v<T, Box<Mixture>>) {
        add(f, path, rangeText(f) + " entries", "none");
        list(Component{}, path + ".N.");
      } else if constexpr (HasFields<T>) {
        list(member, path + '.');
      } else if constexpr (requires { typename T::allocator_type; } && !std::is_same_v<T, std::string>) {
        using Item = typename T::value_type;
        if constexpr (std::is_same_v<Item, Experiment>) {
          list(Item{}, "");  // "panes.0." is implied
        } else {
          add(f, path, rangeText(f) + " entries", "none");
          if constexpr (HasFields<Item>) list(Item{}, path + ".N.");
        }
      } else {
        leaf(f, path, member);
      }
    });
  }
  std::vector<ParameterInfo> take() { return std::move(out_); }

 private:
  template <class T>
  void leaf(const Field& f, const std::string& path, const T& standard) {
    if constexpr (std::is_same_v<T, bool>) {
      add(f, path, "true, false", standard ? "true" : "false");
    } else if constexpr (std::is_enum_v<T>) {
      std::string names;
      for (const EnumName& e : enumNames<T>()) names += (names.empty() ? "" : ", ") + std::string(e.name);
      add(f, path, names, std::string(enumName(standard)));
    } else if constexpr (std::is_arithmetic_v<T>) {
      const bool null = f.form == Form::NullIsZero && standard == T(0);
      const bool none = f.form == Form::Class && double(standard) < 0;
      add(f, path, rangeText(f) + (f.form == Form::NullIsZero ? " or null" : ""),
          null   ? "null"
          : none ? "none"
                 : numberText(double(standard)));
    } else if constexpr (std::is_same_v<T, std::string>) {
      add(f, path, "text", compactText(Node::of(standard)));
    } else if constexpr (std::is_same_v<T, Vec2>) {
      add(f, path, rangeText(f), pair(standard.x, standard.y));
    } else {
      static_assert(std::is_same_v<T, Sym2>);
      std::string text = "[";
      text += pair(standard.xx, standard.xy);
      text += ", ";
      text += pair(standard.xy, standard.yy);
      text += ']';
      add(f, path, rangeText(f), text);
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
    out_.push_back({std::move(path), std::string(f.label), std::string(f.symbol), std::string(f.unit), std::move(range),
                    std::move(standard), std::string(f.kinds), std::string(f.help)});
  }

  std::vector<ParameterInfo> out_;
};

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::vector<ParameterInfo> parameters() {
  Lister lister;
  lister.list(Session{}, "");
  return lister.take();
}

std::string parameterTableMarkdown() {
  std::string out = "| path | range | default | unit | what it does |\n|---|---|---|---|---|\n";
  for (const ParameterInfo& p : parameters()) {
    std::string help = p.help;
    if (!p.kinds.empty()) {
      std::string kinds;
      for (const char c : p.kinds) kinds += c == ' ' ? std::string("`, `") : std::string(1, c);
      help += " Only of `" + kinds + "`.";
    }
    out += "| `" + cell(p.path) + "` | " + cell(p.range) + " | `" + cell(p.standard) + "` | " + cell(p.unit) + " | " +
           cell(help) + " |\n";
  }
  return out;
}

}  // namespace gs
