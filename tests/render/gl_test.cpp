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

TEST(Context, ProcessorsAreToldFromCards) {
  for (const char* name :
       {"llvmpipe (LLVM 15.0.6, 256 bits)", "softpipe", "virgl (LLVMPIPE (LLVM 15.0.7, 256 bits))",
        "zink Vulkan 1.3(llvmpipe (LLVM 17.0.6, 256 bits) (MESA_LLVMPIPE))", "Google SwiftShader",
        "Apple Software Renderer", "D3D12 (Microsoft Basic Render Driver)", "SWR (LLVM 11.0, 256 bits)"})
    EXPECT_TRUE(onProcessor(name)) << name;
  for (const char* name : {"NVIDIA GeForce RTX 3060/PCIe/SSE2", "AMD Radeon RX 6600 (navi23, LLVM 15.0.6, DRM 3.49)",
                           "Mesa Intel(R) UHD Graphics 620 (KBL GT2)", "Quadro P400/PCIe/SSE2", "virgl (NV137)", ""})
    EXPECT_FALSE(onProcessor(name)) << name;
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
