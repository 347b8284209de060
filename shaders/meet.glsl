// All invocations of a group wait for each other; what they wrote to shared memory is there for all. The language's
// versions differ on whether barrier() alone says the second, and so do drivers. In uniform control flow only.
void gsMeet() {
  memoryBarrierShared();
  barrier();
}
