// OKLab (B. Ottosson, 2020) to linear sRGB, and the sRGB transfer function.
vec3 linearFromOkLab(vec3 lab) {
  vec3 c = vec3(lab.x + 0.3963377774 * lab.y + 0.2158037573 * lab.z,
                lab.x - 0.1055613458 * lab.y - 0.0638541728 * lab.z,
                lab.x - 0.0894841775 * lab.y - 1.2914855480 * lab.z);
  c = c * c * c;
  return vec3(4.0767416621 * c.x - 3.3077115913 * c.y + 0.2309699292 * c.z,
              -1.2684380046 * c.x + 2.6097574011 * c.y - 0.3413193965 * c.z,
              -0.0041960863 * c.x - 0.7034186147 * c.y + 1.7076147010 * c.z);
}

// The transfer function of a square root of linear light, 0..1: a polynomial within a tenth of a step of 8 bits, and a
// fraction of a power's work on a processor.
vec3 srgbFromRoot(vec3 r) {
  vec3 curve = -0.04010765 +
               r * (1.51791946 + r * (-1.40258319 + r * (2.0312683 + r * (-1.62339608 + r * 0.51722395))));
  return mix(r * r * 12.92, curve, step(0.05595355, r));
}

vec3 linearFromSrgb(vec3 s) { return mix(s / 12.92, pow((s + 0.055) / 1.055, vec3(2.4)), step(0.04045, s)); }

// Strength of a density ramp, 0..1, of a density relative to its reference: a power close to what the eye calls even, with
// a shoulder, so that a narrow peak does not hide everything beside it.
float rampStrength(float relative) {
  float u = pow(max(relative, 0.0), 0.62);
  return u / pow(1.0 + u * u * u, 1.0 / 3.0) * 0.95;
}
