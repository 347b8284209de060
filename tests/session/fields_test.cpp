#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "session/json.h"
#include "session/text.h"
#include "session/type.h"

namespace gs {
namespace {

// Calls visit(struct, path, member) for every member of every struct.
void everyMember(const Type& type, const std::string& prefix,
                 const std::function<void(const Type&, const std::string&, const Member&)>& visit) {
  for (const Member& m : type.members) {
    const std::string path = prefix + std::string(m.field.name);
    visit(type, path, m);
    everyMember(*m.type, path + '.', visit);
    if (m.type->item) everyMember(*m.type->item, path + ".N.", visit);
  }
}

TEST(Fields, NamesOfAnEnumAreWhatFilesTake) {
  EXPECT_EQ(enumFromName<SolverKind>("heun"), SolverKind::Heun);
  EXPECT_FALSE(enumFromName<SolverKind>("nothing"));
  everyMember(typeOf<Session>(), "", [](const Type&, const std::string& path, const Member& m) {
    std::set<std::string_view> names;
    for (const EnumName& e : m.type->names) {
      EXPECT_TRUE(names.insert(e.name).second) << path << ' ' << e.name;
      EXPECT_FALSE(e.label.empty());
      EXPECT_TRUE(e.help.ends_with('.')) << e.name;
      EXPECT_TRUE(e.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == e.name.npos) << e.name;
    }
  });
}

TEST(Fields, SayWhatTheyAreAndHoldTheirDefaults) {
  std::set<std::string> paths;
  everyMember(typeOf<Session>(), "", [&](const Type& owner, const std::string& path, const Member& m) {
    const Field& f = m.field;
    EXPECT_TRUE(paths.insert(path).second) << path << " twice";
    EXPECT_FALSE(f.label.empty()) << path;
    EXPECT_TRUE(f.help.ends_with('.')) << path;
    EXPECT_LE(f.lo, f.hi) << path;
    if (m.type->kind == Type::Kind::Real || m.type->kind == Type::Kind::Whole) {
      const double standard = ConstValue(owner, owner.standard)[m].number();
      EXPECT_GT(f.lo, -1e300) << path << " has no range";
      EXPECT_LT(f.hi, 1e300) << path << " has no range";
      if (f.form != Form::NullIsZero) {
        EXPECT_GE(standard, f.lo) << path;
        EXPECT_LE(standard, f.hi) << path;
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
    if (const Member* kind = owner.find("kind")) {
      int users = 0;
      for (const EnumName& e : kind->type->names) users += f.usedBy(e.name);
      EXPECT_GT(users, 0) << path;
    } else {
      EXPECT_TRUE(f.kinds.empty()) << path;
    }
    // What a field hangs on is read before it.
    if (!f.with.empty()) {
      const Member* with = owner.find(f.with);
      ASSERT_NE(with, nullptr) << path;
      EXPECT_LT(with, &m) << path;
      EXPECT_TRUE(with->type->kind == Type::Kind::Text || (with->type->kind == Type::Kind::Flag && f.withWord.empty()))
          << path;
    }
  });
  EXPECT_GT(paths.size(), 60u);
}

TEST(Fields, AreFoundByTheirMember) {
  EXPECT_EQ(fieldOf(&Term::omega).name, "omega");
  EXPECT_EQ(fieldOf(&Distribution::components).name, "maxComponents");
  EXPECT_EQ(fieldOf(&View::theme).label, "Theme");
}

TEST(Fields, ValuesReferToWhatTheyShow) {
  Sampler a{SolverKind::Heun, 1};
  const Value v(a);
  const Member& kind = *v.type().find("kind");
  const Member& churn = *v.type().find("churn");
  EXPECT_EQ(v.kindName(), "heun");
  EXPECT_FALSE(v.uses(churn.field));
  v[churn].set(.5);
  v[kind].set(double(SolverKind::Exponential));
  EXPECT_EQ(a, (Sampler{SolverKind::Exponential, .5}));
  EXPECT_TRUE(v.uses(churn.field));
  v[churn].assign(v.standard()[churn]);
  EXPECT_EQ(a.churn, 0);
  EXPECT_NE(v, v.standard());
  EXPECT_EQ(v.as<Sampler>(), &a);
  EXPECT_EQ(v.as<Schedule>(), nullptr);

  Curve curve;
  const Value knots = Value(curve)[*typeOf<Curve>().find("knots")];
  knots.resize(2);
  knots[1].as<Knot>()->value = 3;
  EXPECT_EQ(curve.knots, (std::vector<Knot>{Knot{}, Knot{Knot{}.t, 3}}));
  const Box<Mixture> none;
  EXPECT_EQ(ConstValue(Distribution{}).type().find("components")->type->count(&none), 0u);
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
  EXPECT_EQ(find("guidance.N.trust").with, "tracked");
  EXPECT_EQ(find("distribution.word").with, "name letters");
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
