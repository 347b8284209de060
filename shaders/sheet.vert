#version 450 core
#include "shared.h"

layout(std430, binding = GS_ITEMS) readonly buffer Items { SheetItem items[]; };
flat out vec4 itemRect;
flat out vec4 itemColor;
flat out vec4 itemForm;
out vec2 pixel;

void main() {
  int item = gl_VertexID / 6;
  itemRect = items[item].rect;
  itemColor = items[item].color;
  itemForm = items[item].form;
  int corner = gl_VertexID % 6;
  bool right = corner == 1 || corner == 2 || corner == 4, top = corner == 2 || corner == 4 || corner == 5;
  // (0,1,2) and (3,4,5) are the two triangles of the rectangle, one pixel larger for its soft edge.
  vec4 rect = itemRect + vec4(-1.0, -1.0, 1.0, 1.0);
  pixel = vec2(right ? rect.z : rect.x, top ? rect.w : rect.y);
  gl_Position = vec4(pixel * sceneSize.zw * 2.0 - 1.0, 0.0, 1.0);
}
