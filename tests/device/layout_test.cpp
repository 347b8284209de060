// The structures of shaders/shared.h as the driver lays them out: every member that it knows of is compared.
#include <epoxy/gl.h>

#include <cstddef>
#include <initializer_list>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "gl/context.h"
#include "gl/program.h"
#include "shaders/shared.h"

namespace gs {
namespace {

struct Member {
  std::string name;
  std::size_t offset, stride;
};
#define GS_MEMBER(Struct, array, member) \
  Member { array "[0]." #member, offsetof(shader::Struct, member), sizeof(shader::Struct) }
#define GS_UNIFORM(Struct, member) \
  Member { #member, offsetof(shader::Struct, member), 0 }

// A shader as the driver lays its blocks out.
class Layout {
 public:
  explicit Layout(const char* asset, const char* defines = "") : asset_(asset), program_({asset}, defines) {}
  ~Layout() {
    for (const GLenum interface : {GL_BUFFER_VARIABLE, GL_UNIFORM}) {
      GLint count = 0;
      glGetProgramInterfaceiv(program_.id(), interface, GL_ACTIVE_RESOURCES, &count);
      for (GLuint i = 0; i < GLuint(count); ++i) {
        char text[128] = {};
        glGetProgramResourceName(program_.id(), interface, i, sizeof text, nullptr, text);
        const std::string name = text;
        if (!ours(interface, i, name)) continue;
        EXPECT_TRUE(compared_.count(name)) << asset_ << ": nobody looks at " << name;
      }
    }
  }
  void storage(std::initializer_list<Member> members) {
    for (const Member& m : members) {
      EXPECT_EQ(property(GL_BUFFER_VARIABLE, m.name, GL_OFFSET), m.offset) << m.name;
      EXPECT_EQ(property(GL_BUFFER_VARIABLE, m.name, GL_TOP_LEVEL_ARRAY_STRIDE), m.stride) << m.name;
    }
  }
  // A structure that is there once.
  void one(const std::string& name, std::size_t offset) {
    EXPECT_EQ(property(GL_BUFFER_VARIABLE, name, GL_OFFSET), offset) << name;
  }
  void uniforms(const std::string& block, std::size_t size, std::initializer_list<Member> members) {
    for (const Member& m : members) EXPECT_EQ(property(GL_UNIFORM, m.name, GL_OFFSET), m.offset) << m.name;
    EXPECT_LE(property(GL_UNIFORM_BLOCK, block, GL_BUFFER_DATA_SIZE), (size + 15) / 16 * 16) << block;
  }

 private:
  // Members of the structures and of the uniform blocks that are looked at: drivers list what shared.h declares for
  // other shaders as well. Numbers in a row have no members.
  bool ours(GLenum interface, GLuint index, const std::string& name) const {
    if (interface == GL_BUFFER_VARIABLE) return name.find('.') != std::string::npos;
    const GLenum what = GL_BLOCK_INDEX;
    GLint block = -1;
    glGetProgramResourceiv(program_.id(), interface, index, 1, &what, 1, nullptr, &block);
    char of[128] = {};
    if (block >= 0) glGetProgramResourceName(program_.id(), GL_UNIFORM_BLOCK, GLuint(block), sizeof of, nullptr, of);
    return compared_.count(of) > 0;
  }
  std::size_t property(GLenum interface, const std::string& name, GLenum what) {
    const GLuint index = glGetProgramResourceIndex(program_.id(), interface, name.c_str());
    EXPECT_NE(index, GL_INVALID_INDEX) << name;
    GLint value = -1;
    if (index != GL_INVALID_INDEX)
      glGetProgramResourceiv(program_.id(), interface, index, 1, &what, 1, nullptr, &value);
    compared_.insert(name);
    return std::size_t(value);
  }
  std::string asset_;
  gl::Program program_;
  std::set<std::string> compared_;
};

#define GS_LEVEL(array, level)                                                                  \
  GS_MEMBER(DeviceStep, array, level.firstPass), GS_MEMBER(DeviceStep, array, level.passes),    \
      GS_MEMBER(DeviceStep, array, level.gain), GS_MEMBER(DeviceStep, array, level.firstShape), \
      GS_MEMBER(DeviceStep, array, level.shapes), GS_MEMBER(DeviceStep, array, level.points)

void comparePasses(Layout& l) {
  l.storage({GS_MEMBER(DevicePass, "passes", rows), GS_MEMBER(DevicePass, "passes", groupA),
             GS_MEMBER(DevicePass, "passes", components), GS_MEMBER(DevicePass, "passes", firstUse),
             GS_MEMBER(DevicePass, "passes", uses), GS_MEMBER(DevicePass, "passes", width),
             GS_MEMBER(DevicePass, "passes", layers), GS_MEMBER(DevicePass, "passes", activation),
             GS_MEMBER(DevicePass, "passes", bounds), GS_MEMBER(DevicePass, "passes", leafRows),
             GS_MEMBER(DevicePass, "passes", leavesA), GS_MEMBER(DevicePass, "passes", leaves),
             GS_MEMBER(DevicePass, "passes", reach), GS_MEMBER(DevicePass, "passes", perLeaf),
             GS_MEMBER(DevicePass, "passes", joint), GS_MEMBER(DeviceUse, "uses", a), GS_MEMBER(DeviceUse, "uses", b),
             GS_MEMBER(DeviceUse, "uses", coefficient), GS_MEMBER(DeviceUse, "uses", gain)});
}

class GlLayout : public testing::Test {
  gl::Context context_ = gl::Context::surfaceless();
};

TEST_F(GlLayout, OfARunIsTheOneOfTheStructs) {
  Layout block("shaders/block.comp", "#define GS_GROUP 64\n");
  comparePasses(block);
  block.storage({GS_MEMBER(DeviceStep, "steps", kind),
                 GS_MEMBER(DeviceStep, "steps", row),
                 GS_LEVEL("steps", now),
                 GS_LEVEL("steps", mid),
                 GS_LEVEL("steps", next),
                 GS_MEMBER(DeviceStep, "steps", ratioNext),
                 GS_MEMBER(DeviceStep, "steps", decay),
                 GS_MEMBER(DeviceStep, "steps", noise),
                 GS_MEMBER(DeviceStep, "steps", blendNow),
                 GS_MEMBER(DeviceStep, "steps", blendOld),
                 GS_MEMBER(DeviceStep, "steps", heunNow),
                 GS_MEMBER(DeviceStep, "steps", heunNext),
                 GS_MEMBER(DeviceStep, "steps", logDecay),
                 GS_MEMBER(DeviceStep, "steps", alpha),
                 GS_MEMBER(DeviceStep, "steps", alphaNext),
                 GS_MEMBER(DeviceStep, "steps", draw),
                 GS_MEMBER(DeviceStep, "steps", fresh),
                 GS_MEMBER(DeviceStep, "steps", moves),
                 GS_MEMBER(DeviceStep, "steps", point),
                 GS_MEMBER(DeviceStart, "starts", meanX),
                 GS_MEMBER(DeviceStart, "starts", meanY),
                 GS_MEMBER(DeviceStart, "starts", l11),
                 GS_MEMBER(DeviceStart, "starts", l21),
                 GS_MEMBER(DeviceStart, "starts", l22),
                 GS_MEMBER(DeviceStart, "starts", below)});
  // The list of lost particles follows its head.
  block.one("lostHead.count", offsetof(shader::DeviceLostHead, count));
  block.one("lostHead.listed", offsetof(shader::DeviceLostHead, listed));
  const std::size_t head = sizeof(shader::DeviceLostHead), each = sizeof(shader::DeviceLost);
  block.storage({{"lost[0].particle", head + offsetof(shader::DeviceLost, particle), each},
                 {"lost[0].step", head + offsetof(shader::DeviceLost, step), each},
                 {"lost[0].x", head + offsetof(shader::DeviceLost, x), each},
                 {"lost[0].y", head + offsetof(shader::DeviceLost, y), each}});
  block.uniforms("Run", sizeof(shader::Run),
                 {GS_UNIFORM(Run, runSeed),
                  GS_UNIFORM(Run, runFirst),
                  GS_UNIFORM(Run, runCount),
                  GS_UNIFORM(Run, runColumns),
                  GS_UNIFORM(Run, runFrom),
                  GS_UNIFORM(Run, runTo),
                  GS_UNIFORM(Run, runStartRow),
                  GS_UNIFORM(Run, runStarts),
                  GS_UNIFORM(Run, runStartScale),
                  GS_UNIFORM(Run, runStartShown),
                  GS_UNIFORM(Run, runInfiniteX),
                  GS_UNIFORM(Run, runInfiniteY),
                  GS_UNIFORM(Run, runLastStep),
                  GS_UNIFORM(Run, runLostMost),
                  GS_UNIFORM(Run, runBegin),
                  GS_UNIFORM(Run, runShift),
                  GS_UNIFORM(Run, runRemembers),
                  GS_UNIFORM(Run, runInfiniteMemoryX),
                  GS_UNIFORM(Run, runInfiniteMemoryY),
                  GS_UNIFORM(Run, runInfiniteAlongX),
                  GS_UNIFORM(Run, runInfiniteAlongY)});
}

TEST_F(GlLayout, OfAnswersIsTheOneOfTheStructs) {
  Layout points("shaders/points.comp");
  comparePasses(points);
  points.storage({GS_MEMBER(DevicePoint, "points", weights), GS_MEMBER(DevicePoint, "points", last),
                  GS_MEMBER(DevicePoint, "points", push)});
  points.uniforms(
      "PointsAt", sizeof(shader::PointsAt),
      {GS_UNIFORM(PointsAt, pointsFirst), GS_UNIFORM(PointsAt, pointsCount), GS_UNIFORM(PointsAt, pointsClasses),
       GS_UNIFORM(PointsAt, pointsEach), GS_UNIFORM(PointsAt, pointsConstant), GS_UNIFORM(PointsAt, pointsPush),
       GS_UNIFORM(PointsAt, pointsScale), GS_UNIFORM(PointsAt, guidedFirst), GS_UNIFORM(PointsAt, guidedPasses),
       GS_UNIFORM(PointsAt, guidedGain), GS_UNIFORM(PointsAt, mainFirst), GS_UNIFORM(PointsAt, mainPasses),
       GS_UNIFORM(PointsAt, mainGain), GS_UNIFORM(PointsAt, guidedFirstShape), GS_UNIFORM(PointsAt, guidedShapes),
       GS_UNIFORM(PointsAt, pointsGeneral)});
  Layout extents("shaders/extents.comp"), field("shaders/field.comp");
  extents.storage({GS_MEMBER(DeviceExtent, "extents", low), GS_MEMBER(DeviceExtent, "extents", high),
                   GS_MEMBER(DeviceExtent, "extents", full)});
  for (Layout* l : {&extents, &field})
    l->uniforms("FieldAt", sizeof(shader::FieldAt),
                {GS_UNIFORM(FieldAt, fieldLoX), GS_UNIFORM(FieldAt, fieldLoY), GS_UNIFORM(FieldAt, fieldStepX),
                 GS_UNIFORM(FieldAt, fieldStepY), GS_UNIFORM(FieldAt, fieldWidth), GS_UNIFORM(FieldAt, fieldHeight),
                 GS_UNIFORM(FieldAt, fieldClasses), GS_UNIFORM(FieldAt, fieldFirst), GS_UNIFORM(FieldAt, fieldStride)});
  Layout sums("shaders/sums.comp");
  sums.storage({GS_MEMBER(DevicePart, "parts", x), GS_MEMBER(DevicePart, "parts", y),
                GS_MEMBER(DevicePart, "parts", perScale), GS_MEMBER(DeviceSum, "totals", high),
                GS_MEMBER(DeviceSum, "totals", low), GS_MEMBER(DeviceSum, "totals", exponent)});
  sums.uniforms("SumsAt", sizeof(shader::SumsAt),
                {GS_UNIFORM(SumsAt, sumsFirst), GS_UNIFORM(SumsAt, sumsLast), GS_UNIFORM(SumsAt, sumsGroups),
                 GS_UNIFORM(SumsAt, sumsTotal), GS_UNIFORM(SumsAt, sumsClasses), GS_UNIFORM(SumsAt, sumsCondition),
                 GS_UNIFORM(SumsAt, sumsLawFirst), GS_UNIFORM(SumsAt, sumsLawLast), GS_UNIFORM(SumsAt, sumsParts)});
  Layout("shaders/outside.comp")
      .uniforms("OutsideAt", sizeof(shader::OutsideAt),
                {GS_UNIFORM(OutsideAt, outsideHere), GS_UNIFORM(OutsideAt, outsideThere),
                 GS_UNIFORM(OutsideAt, outsideMiddleX), GS_UNIFORM(OutsideAt, outsideMiddleY),
                 GS_UNIFORM(OutsideAt, outsideReachX), GS_UNIFORM(OutsideAt, outsideReachY),
                 GS_UNIFORM(OutsideAt, outsideOf)});
  Layout level("shaders/path_level.comp");
  level.one("level.vertices", offsetof(shader::PathLevel, vertices));
  level.one("level.instances", offsetof(shader::PathLevel, instances));
  level.one("level.first", offsetof(shader::PathLevel, first));
  level.one("level.base", offsetof(shader::PathLevel, base));
  level.one("level.span", offsetof(shader::PathLevel, span));
  Layout("shaders/gather.comp")
      .uniforms("GatherAt", sizeof(shader::GatherAt),
                {GS_UNIFORM(GatherAt, gatherCount), GS_UNIFORM(GatherAt, gatherTo)});
  Layout("shaders/near.comp")
      .uniforms("NearAt", sizeof(shader::NearAt),
                {GS_UNIFORM(NearAt, nearHere), GS_UNIFORM(NearAt, nearThere), GS_UNIFORM(NearAt, nearLowX),
                 GS_UNIFORM(NearAt, nearLowY), GS_UNIFORM(NearAt, nearHighX), GS_UNIFORM(NearAt, nearHighY),
                 GS_UNIFORM(NearAt, nearReach), GS_UNIFORM(NearAt, nearCorners), GS_UNIFORM(NearAt, nearFirst),
                 GS_UNIFORM(NearAt, nearOf)});
}

#undef GS_LEVEL
#undef GS_UNIFORM
#undef GS_MEMBER

}  // namespace
}  // namespace gs
