// What the renderer's C++ and its shaders must agree on; compiled by both. Only vec4 members: std140, std430 and C++
// then lay them out alike.
#ifdef __cplusplus
#pragma once
#include <glm/vec4.hpp>
namespace gs::shader {
using glm::vec4;
#define GS_UNIFORMS(Name, slot) struct Name
#else
#define GS_UNIFORMS(Name, slot) layout(std140, binding = slot) uniform Name
#endif

// The picture's plane and its pixels (origin at the bottom left).
GS_UNIFORMS(Scene, 0) {
  vec4 sceneCamera;  // centre x, y in plane units; pixels per plane unit; pixels per point
  vec4 sceneSize;    // width, height in pixels; their reciprocals
  vec4 sceneLook;    // exponent of coverages (linear light fattens light ink on dark and thins dark ink on light), -, -, -
};

// Storage buffers.
#define GS_ITEMS 1      // SheetItem[]
#define GS_POSITIONS 2  // vec2[], pairs of floats
#define GS_NEXT 3       // vec2[]: the same particles at the next step
#define GS_COLORS 4     // uint[]: 0xSSBBGGRR, sRGB and marker shape
#define GS_ROWS 5       // vec2[]: step, 1 / norm

// One thing of the flat drawing: rectangles, glyphs, markers, dashes.
struct SheetItem {
  vec4 rect;   // left, bottom, right, top in pixels
  vec4 color;  // linear light, straight alpha
  vec4 form;   // kind, then: radius, - | radius, stroke | atlas x, y | shape, diameter | period, filled part
};
#define GS_FILL 0
#define GS_FRAME 1
#define GS_GLYPH 2
#define GS_MARKER 3
#define GS_DASH 4

// Marker shapes, by class: label % GS_SHAPES.
#define GS_SHAPES 6
#define GS_DISC 0
#define GS_SQUARE 1
#define GS_DIAMOND 2
#define GS_TRIANGLE 3
#define GS_CROSS 4
#define GS_RING 5

#ifdef __cplusplus
}  // namespace gs::shader
#endif
