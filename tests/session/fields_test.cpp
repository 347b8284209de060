#include <gtest/gtest.h>

#include <set>

#include "session/fields.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

// Calls visit(path, field, default) for every field of every struct.
template <HasFields S, class V>
void everyField(const std::string& prefix, V&& visit) {
  const S s{};
  fields(s, [&](const Field& f, const auto& member) {
    using T = std::remove_cvref_t<decltype(member)>;
    const std::string path = prefix + std::string(f.name);
    visit(s, path, f, member);
    if constexpr (std::is_same_v<T, Box<Mixture>>) {
      everyField<Component>(path + ".N.", visit);
    } else if constexpr (HasFields<T>) {
      everyField<T>(path + '.', visit);
    } else if constexpr (requires { typename T::allocator_type; } && !std::is_same_v<T, std::string>) {
      if constexpr (HasFields<typename T::value_type>) everyField<typename T::value_type>(path + ".N.", visit);
    }
  });
}

template <class E>
void checkEnum() {
  std::set<std::string_view> names;
  for (const EnumName& e : enumNames<E>()) {
    EXPECT_TRUE(names.insert(e.name).second) << e.name;
    EXPECT_FALSE(e.label.empty());
    EXPECT_TRUE(e.help.ends_with('.')) << e.name;
    EXPECT_EQ(enumFromName<E>(e.name), E(&e - enumNames<E>().data()));
    EXPECT_TRUE(e.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == e.name.npos) << e.name;
  }
  EXPECT_FALSE(enumFromName<E>("nothing"));
}

TEST(Fields, SayWhatTheyAreAndHoldTheirDefaults) {
  std::set<std::string> paths;
  everyField<Session>("", [&](const auto& s, const std::string& path, const Field& f, const auto& member) {
    using T = std::remove_cvref_t<decltype(member)>;
    EXPECT_TRUE(paths.insert(path).second) << path << " twice";
    EXPECT_FALSE(f.label.empty()) << path;
    EXPECT_TRUE(f.help.ends_with('.')) << path;
    EXPECT_LE(f.lo, f.hi) << path;
    if constexpr (std::is_enum_v<T>) checkEnum<T>();
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      EXPECT_GT(f.lo, -1e300) << path << " has no range";
      EXPECT_LT(f.hi, 1e300) << path << " has no range";
      if (f.form != Form::NullIsZero) {
        EXPECT_GE(double(member), f.lo) << path;
        EXPECT_LE(double(member), f.hi) << path;
        if (f.scale == Scale::Linear) {
          EXPECT_GE(f.neutral, f.lo) << path;
          EXPECT_LE(f.neutral, f.hi) << path;
        }
      }
      if (f.scale == Scale::Log) {
        EXPECT_GE(f.lo, 0) << path;
      }
    }
    // Names of kinds are those of the struct's own enum.
    if constexpr (requires { s.kind; }) {
      int users = 0;
      for (const EnumName& e : enumNames<std::remove_cvref_t<decltype(s.kind)>>()) users += f.usedBy(e.name);
      EXPECT_GT(users, 0) << path;
    } else {
      EXPECT_TRUE(f.kinds.empty()) << path;
    }
  });
  EXPECT_GT(paths.size(), 60u);
}

TEST(Fields, AreFoundByTheirMember) {
  EXPECT_EQ(fieldOf(&Term::omega).name, "omega");
  EXPECT_EQ(fieldOf(&Distribution::components).name, "maxComponents");
  EXPECT_EQ(fieldOf(&View::theme).label, "Theme");
}

TEST(Fields, PairsVisitTheSameMember) {
  Sampler a{SolverKind::Heun, 1}, b{SolverKind::Rk4, 2};
  fieldPairs(a, std::as_const(b), [](const Field&, auto& x, const auto& y) { x = y; });
  EXPECT_EQ(a, b);
  fieldPairs(std::as_const(a), b, [](const Field& f, const auto& x, auto& y) {
    if (f.name == "churn") y = {};
    EXPECT_TRUE(f.name == "churn" || x == y);
  });
  EXPECT_EQ(b.churn, 0);
}

TEST(Parameters, ListEveryLeafWithItsDefault) {
  const std::vector<ParameterInfo> all = parameters();
  const auto find = [&](std::string_view path) -> ParameterInfo {
    for (const ParameterInfo& p : all)
      if (p.path == path) return p;
    ADD_FAILURE() << path << " is not listed";
    return {};
  };
  EXPECT_EQ(find("guidance.N.omega").range, "-1..20");
  EXPECT_EQ(find("guidance.N.omega").standard, "2");
  EXPECT_EQ(find("schedule.sigmaMax").range, "0.01..1000 or null");
  EXPECT_EQ(find("schedule.sigmaMax").standard, "null");
  EXPECT_EQ(find("guidance.N.curve.lo").kinds, "interval");
  EXPECT_EQ(find("sampler.kind").range, "euler, heun, dpmpp2m, exponential, rk4");
  EXPECT_EQ(find("distribution.components.N.covariance").standard, "[[1, 0], [0, 1]]");
  EXPECT_EQ(find("view.camera.center").unit, "data units");
  EXPECT_EQ(find("condition").range, "0..63 or none");
  // Paths without N are paths of a session, with this default, where the default kind uses them.
  const Session s;
  for (const ParameterInfo& p : all) {
    if (p.path.find(".N") != p.path.npos || p.range.ends_with("entries")) continue;
    std::string standard;
    ASSERT_NO_THROW(standard = getPath(s, p.path)) << p.path;
    std::erase(standard, ' ');
    std::string listed = p.standard;
    std::erase(listed, ' ');
    if (listed.find('"') == listed.npos) std::erase(standard, '"');
    EXPECT_EQ(listed, standard) << p.path;
  }
}

TEST(Parameters, TheTableIsWellFormedMarkdown) {
  const std::string table = parameterTableMarkdown();
  std::size_t rows = 0;
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = table.find('\n', at);
    ASSERT_NE(end, table.npos);
    int bars = 0;
    for (std::size_t i = at; i < end; ++i) bars += table[i] == '|' && (i == at || table[i - 1] != '\\');
    EXPECT_EQ(bars, 6) << table.substr(at, end - at);
    at = end + 1;
    ++rows;
  }
  EXPECT_EQ(rows, parameters().size() + 2);
}

}  // namespace
}  // namespace gs
