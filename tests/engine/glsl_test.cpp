// The kernel text compiled as GLSL: the same numbers as the scalar build.
#include <epoxy/gl.h>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "assets.h"
#include "engine/cpu_engine.h"
#include "gl/context.h"
#include "scenes.h"

namespace gs {
namespace {

using namespace test;

constexpr int kPoints = 256;

// Every function of the text has a use here, so that all of it is compiled.
constexpr const char* kMain = R"(
layout(local_size_x = 64) in;
layout(std430, binding = 1) readonly buffer Points { vec2 points[]; };
layout(std430, binding = 2) writeonly buffer Results { float results[]; };
uniform int groupA, components;
uniform float gain;
void main() {
  int i = int(gl_GlobalInvocationID.x);
  F yx = points[i].x, yy = points[i].y;
  GsSums A, B;
  gsGroupSums(0, groupA, components, yx, yy, A, B);
  F scaleA, scaleB;
  gsCommonScale(A.top, B.top, scaleA, scaleB);
  GsSums scaled = A;
  scaled.z = A.z * scaleA; scaled.vx = A.vx * scaleA; scaled.vy = A.vy * scaleA;
  B.z = B.z * scaleB; B.vx = B.vx * scaleB; B.vy = B.vy * scaleB;
  F gx = F(0.0), gy = F(0.0);
  gsAddOne(A, F(2.5), gx, gy);
  gsAddBlend(scaled, B, F(1.0), F(1.0), F(-1.5), gx, gy);
  F dx = gsFma(gain, gx, yx), dy = gsFma(gain, gy, yy);
  F zx, zy;
  U choice;
  gsNoise(U(7u), U(uint(i)), U(3u), zx, zy, choice);
  results[8 * i] = dx;
  results[8 * i + 1] = dy;
  results[8 * i + 2] = zx;
  results[8 * i + 3] = zy;
  results[8 * i + 4] = uintBitsToFloat((choice & 0x007FFFFFu) | 0x3F800000u);
  results[8 * i + 5] = gsLogSum(0, 0, components, yx, yy);
  F e = gsExtrapolated(dx, zx, F(1.25), F(-0.25));
  F u = gsUniversal(yx, e, zx, F(0.5), F(0.25));
  F h = gsHeun(u, dx, gsDecay(u, dx, F(0.5)), dy, F(-0.25), F(-0.5));
  results[8 * i + 6] = gsShown(h, F(0.5));
  F k = gsRk4Stage(yx, dx, F(-0.5));
  results[8 * i + 7] = gsRk4(yx, dx, k, k, dy, gsMin(F(0.125), gsRound(F(3.2))));
}
)";

GLuint buildProgram(const std::string& text) {
  const char* source = text.c_str();
  const GLuint program = glCreateShaderProgramv(GL_COMPUTE_SHADER, 1, &source);
  GLint linked = 0;
  glGetProgramiv(program, GL_LINK_STATUS, &linked);
  std::string log(8192, '\0');
  glGetProgramInfoLog(program, GLsizei(log.size()), nullptr, log.data());
  EXPECT_TRUE(linked) << log.c_str();
  return program;
}

TEST(Glsl, ComputesWhatTheOtherBuildsCompute) {
  std::optional<gl::Context> context;
  try {
    context.emplace(gl::Context::surfaceless());
  } catch (const std::runtime_error& e) {
    GTEST_SKIP() << e.what();
  }
  std::string text = "#version 450 core\n";
  for (const char* name : {"glsl", "elementary", "noise", "mixture", "step"})
    text += std::string(asset(std::string("kernels/") + name + ".inl")) + "\n";
  const GLuint program = buildProgram(text + kMain);
  ASSERT_NE(program, 0u);

  const auto mixture = ring(21);
  Experiment e = experiment(mixture);
  const Plan plan = compileLevel(e, mixture, .3, .8);
  std::vector<float> points;
  for (int i = 0; i < kPoints; ++i)
    points.insert(points.end(), {-3 + 6.f * float(i % 16) / 16, -3 + 6.f * float(i / 16) / 16});
  const std::vector<ComponentRow>& rows = *plan.models[0].rows;
  static_assert(sizeof(ComponentRow) == 6 * sizeof(float));

  GLuint buffers[3];
  glCreateBuffers(3, buffers);
  glNamedBufferStorage(buffers[0], GLsizeiptr(rows.size() * sizeof(ComponentRow)), rows.data(), 0);
  glNamedBufferStorage(buffers[1], GLsizeiptr(points.size() * sizeof(float)), points.data(), 0);
  glNamedBufferStorage(buffers[2], kPoints * 8 * sizeof(float), nullptr, 0);
  for (GLuint i = 0; i < 3; ++i) glBindBufferBase(GL_SHADER_STORAGE_BUFFER, i, buffers[i]);
  glUseProgram(program);
  glUniform1i(glGetUniformLocation(program, "groupA"), plan.models[0].groupA);
  glUniform1i(glGetUniformLocation(program, "components"), plan.models[0].components);
  glUniform1f(glGetUniformLocation(program, "gain"), Program<float>(plan).levels[0].gain);
  glDispatchCompute(kPoints / 64, 1, 1);
  glMemoryBarrier(GL_BUFFER_UPDATE_BARRIER_BIT);
  std::vector<float> results(kPoints * 8);
  glGetNamedBufferSubData(buffers[2], 0, GLsizeiptr(results.size() * sizeof(float)), results.data());
  ASSERT_EQ(glGetError(), GLenum(GL_NO_ERROR));
  glDeleteBuffers(3, buffers);
  glDeleteProgram(program);

  for (int i = 0; i < kPoints; ++i) {
    const float* r = &results[std::size_t(8 * i)];
    const Vec2 y(points[std::size_t(2 * i)], points[std::size_t(2 * i) + 1]);
    const NoiseLevel level{1, .8};
    const Vec2 d = 2.5 * denoise(*mixture, y, level, 0) - 1.5 * denoise(*mixture, y, level);
    EXPECT_NEAR(r[0], d.x, 2e-5);
    EXPECT_NEAR(r[1], d.y, 2e-5);
    const Noise noise = noiseOf(7, std::uint32_t(i), 3);
    EXPECT_NEAR(r[2], noise.z.x, 2e-6);
    EXPECT_NEAR(r[3], noise.z.y, 2e-6);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(r[4]) & 0x7FFFFFu, noise.choice & 0x7FFFFFu);
    EXPECT_NEAR(r[5] * std::log(2.), logDensity(*mixture, y, level), 2e-5);
    const double extrapolated = 1.25 * d.x - .25 * noise.z.x;
    const double u = extrapolated + .5 * (y.x - extrapolated) + .25 * noise.z.x;
    const double end = d.x + .5 * (u - d.x);
    EXPECT_NEAR(r[6], .5 * (u - .25 * (u - d.x) - .5 * (end - d.y)), 3e-5);
    const double k = y.x - .5 * d.x;
    EXPECT_NEAR(r[7], y.x + .125 * (d.x + 4 * k + d.y), 3e-5);
  }
}

TEST(Glsl, PhiloxGivesThePublishedNumbers) {
  // The known answers of philox4x32-10 that come with Random123 (Salmon et al. 2011).
  struct Vector {
    std::uint32_t counter[4], key[2], answer[4];
  };
  constexpr Vector kVectors[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
                                 {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                                  {0xffffffff, 0xffffffff},
                                  {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
                                 {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                                  {0xa4093822, 0x299f31d0},
                                  {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  std::optional<gl::Context> context;
  try {
    context.emplace(gl::Context::surfaceless());
  } catch (const std::runtime_error& e) {
    GTEST_SKIP() << e.what();
  }
  std::string text = "#version 450 core\n";
  for (const char* name : {"glsl", "elementary", "noise"})
    text += std::string(asset(std::string("kernels/") + name + ".inl")) + "\n";
  const GLuint program = buildProgram(text + R"(
layout(local_size_x = 1) in;
layout(std430, binding = 1) writeonly buffer Results { uvec4 results; };
uniform uvec4 counter;
uniform uvec2 key;
void main() {
  uvec4 c = counter;
  gsPhilox(c.x, c.y, c.z, c.w, key.x, key.y);
  results = c;
}
)");
  GLuint buffer = 0;
  glCreateBuffers(1, &buffer);
  glNamedBufferStorage(buffer, 16, nullptr, 0);
  glBindBufferBase(GL_SHADER_STORAGE_BUFFER, 1, buffer);
  glUseProgram(program);
  for (const Vector& v : kVectors) {
    glUniform4uiv(glGetUniformLocation(program, "counter"), 1, v.counter);
    glUniform2uiv(glGetUniformLocation(program, "key"), 1, v.key);
    glDispatchCompute(1, 1, 1);
    glMemoryBarrier(GL_BUFFER_UPDATE_BARRIER_BIT);
    std::uint32_t words[4] = {};
    glGetNamedBufferSubData(buffer, 0, sizeof words, words);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(words[i], v.answer[i]);
    if (v.key[1] == 0 && v.counter[2] == 0) {  // as the engines key it
      EXPECT_EQ(noiseOf(v.key[0], v.counter[0], v.counter[1]).choice, v.answer[2]);
    }
  }
  EXPECT_EQ(glGetError(), GLenum(GL_NO_ERROR));
  glDeleteBuffers(1, &buffer);
  glDeleteProgram(program);
}

}  // namespace
}  // namespace gs
