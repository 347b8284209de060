#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "gl/context.h"
#include "gl/debug.h"
#include "gl/objects.h"
#include "gl/program.h"

namespace gs::gl {
namespace {

TEST(Context, SurfacelessIsCore45OnAnyThread) {
  Context c = Context::surfaceless();
  EXPECT_THAT(c.version(), testing::HasSubstr("Core Profile"));
  EXPECT_FALSE(c.renderer().empty());
  std::thread([] {
    Context own = Context::surfaceless();
    GLint major = 0;
    glGetIntegerv(GL_MAJOR_VERSION, &major);
    EXPECT_GE(major, 4);
  }).join();
}

TEST(Context, SharedSeesTheOthersBuffers) {
  Context first = Context::surfaceless();
  Buffer buffer;
  const float written[] = {1, 2, 3};
  buffer.upload(std::span<const float>(written));
  glFinish();
  {
    Context second = Context::shared(first);
    float read[3] = {};
    glGetNamedBufferSubData(buffer.id(), 0, sizeof read, read);
    EXPECT_THAT(read, testing::ElementsAre(1, 2, 3));
  }
  first.makeCurrent();
}

TEST(Context, AdoptedIsTheCurrentOneAndDoesNotDestroyIt) {
  Context owner = Context::surfaceless();
  { EXPECT_EQ(Context::adoptCurrent().renderer(), owner.renderer()); }
  Buffer stillWorks;
  EXPECT_NE(stillWorks.id(), 0u);
}

TEST(Shaders, LogsNameFileAndLine) {
  const std::vector<std::string> files = {"shaders/a.vert", "shaders/b.glsl"};
  EXPECT_EQ(nameFiles("0:12(5): error: x\n1:3(1): warning: y", files),
            "shaders/a.vert:12: error: x\nshaders/b.glsl:3: warning: y");
  EXPECT_EQ(nameFiles("1(7) : error C0000: z", files), "shaders/b.glsl:7: error C0000: z");
  EXPECT_EQ(nameFiles("9:1(1): unknown file", files), "9:1(1): unknown file");
}

TEST(Shaders, AMissingFileIsNamed) {
  EXPECT_THAT([] { shaderText("shaders/none.vert"); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("shaders/none.vert")));
}

TEST(DebugLog, ReportsWhatTheDriverRejects) {
  Context c = Context::surfaceless(true);
  DebugLog log;
  glBindTextureUnit(0, 4711);
  EXPECT_FALSE(log.take().empty());
  EXPECT_TRUE(log.take().empty());
}

}  // namespace
}  // namespace gs::gl
