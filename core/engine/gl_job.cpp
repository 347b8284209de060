#include "engine/gl_job.h"

#include <algorithm>

namespace gs {

GlJob::~GlJob() {
  if (!waiting_.empty())
    device_->thread->run([this] {
      for (const Sent& s : waiting_) glDeleteSync(s.fence);
    });
}

void GlJob::prepare(const std::vector<int>& stored) {
  const int steps = int(tables_.steps.size());
  const int points = *std::max_element(tables_.pointOf.begin(), tables_.pointOf.end()) + 1;
  std::vector<int> rowOf(std::size_t(points), -1);
  int rows = 0;
  if (stored.empty())
    for (int& r : rowOf) r = rows++;
  else
    for (const int s : stored) rowOf[std::size_t(s)] = rows++;
  rows_ = std::make_shared<GlRows>(device_, rows, std::size_t(range_.count) * 8);
  startRow_ = rowOf[0];
  for (int s = 0; s < steps; ++s) {
    const int point = tables_.pointOf[std::size_t(s) + 1];
    stepRow_.push_back(point < 0 ? -1 : rowOf[std::size_t(point)]);
    tables_.steps[std::size_t(s)].row = stepRow_.back() < 0 ? -1 : rows_->rowInBlock(stepRow_.back());
  }

  // The device is busy with this many particles at a time; their states lie in one buffer.
  const double dearest = *std::max_element(tables_.stepCost.begin(), tables_.stepCost.end());
  chunk_ = int(std::min({double(device_->chunk(dearest, range_.count)), double(device_->largestBlock / 16),
                         double(device_->mostGroups) * device_->group}));

  table_ = device_->table(tables_.parts, transfers_);
  const auto filled = [&](std::span<const std::byte> bytes) {
    const std::size_t i = scratch_.take(bytes.size());
    device_->upload(scratch_[i], bytes, transfers_);
    return i;
  };
  passes_ = filled(bytesOf(tables_.passes));
  uses_ = filled(bytesOf(tables_.uses));
  steps_ = filled(bytesOf(tables_.steps));
  starts_ = filled(bytesOf(tables_.starts));
  run_ = scratch_.take(sizeof(shader::Run));
  states_ = scratch_.take(std::size_t(chunk_) * 16);
  lost_ = scratch_.take(sizeof(shader::DeviceLostHead) + Frame::kMostLost * sizeof(shader::DeviceLost));
  const GLuint none = 0;
  glClearNamedBufferSubData(scratch_[lost_].id(), GL_R32UI, 0, sizeof(shader::DeviceLostHead), GL_RED_INTEGER,
                            GL_UNSIGNED_INT, &none);
}

bool GlJob::dispatch() {
  device_->fault("dispatch");
  const int particles = std::min(chunk_, range_.count - first_), steps = int(tables_.steps.size());
  const double affordable = GlDevice::kDispatchSeconds / device_->secondsPerRow / particles;
  // All rows that are written lie in one block.
  int block = -1, to = step_;
  double cost = 0;
  if (!begun_ && startRow_ >= 0) block = rows_->blockOf(startRow_);
  for (; to < steps; ++to) {
    const int row = stepRow_[std::size_t(to)], of = row < 0 ? -1 : rows_->blockOf(row);
    if (of >= 0 && block >= 0 && of != block) break;
    const double more = tables_.stepCost[std::size_t(to)];
    if (to > step_ && cost + more > affordable) break;
    cost += more;
    if (of >= 0) block = of;
  }

  shader::Run run = tables_.run;
  run.runFirst = first_;
  run.runShift = range_.first;
  run.runCount = particles;
  run.runColumns = int(rows_->stride() / 8);
  run.runFrom = step_;
  run.runTo = to;
  run.runBegin = begun_ ? 0 : 1;
  run.runStartRow = startRow_ < 0 ? -1 : rows_->rowInBlock(startRow_);
  run.runLostMost = Frame::kMostLost;
  device_->upload(scratch_[run_], std::as_bytes(std::span(&run, 1)), transfers_);
  const gl::Program& program = device_->blockProgram(tables_.shaped, tables_.networks, tables_.leaves);
  program.use();
  glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch_[run_].id());
  const std::size_t bound[] = {passes_, uses_, steps_, starts_, states_};
  glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_TABLE, table_->block.id());
  for (GLuint i = 0; i < 5; ++i) glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_PASSES + i, scratch_[bound[i]].id());
  glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_SHOWN, rows_->block(std::max(block, 0)).id());
  glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_LOST, scratch_[lost_].id());
  glDispatchCompute(GLuint((particles + device_->group - 1) / device_->group), 1, 1);
  glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
  waiting_.push_back(
      {glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0), Clock::now(), cost * particles, device_->ranBefore(program)});
  glFlush();

  begun_ = true;
  step_ = to;
  if (step_ == steps) {
    first_ += particles;
    step_ = 0;
    begun_ = false;
  }
  // Two at a time, so that the device is never idle and a run that is stopped ends soon.
  if (waiting_.size() > 1) finishOldest();
  return first_ < range_.count;
}

void GlJob::finish(Frame& frame) {
  while (!waiting_.empty()) finishOldest();
  shader::DeviceLostHead head;
  std::size_t read = 0;
  glGetNamedBufferSubData(scratch_[lost_].id(), 0, sizeof head, &head);
  read += sizeof head;
  frame.blownUp = int(head.count);
  if (head.listed > 0) {
    std::vector<shader::DeviceLost> list(std::min<std::size_t>(head.listed, Frame::kMostLost));
    glGetNamedBufferSubData(scratch_[lost_].id(), sizeof head, GLsizeiptr(list.size() * sizeof list[0]), list.data());
    read += list.size() * sizeof list[0];
    for (const shader::DeviceLost& l : list) frame.lost.push_back({l.particle, l.step, l.x, l.y});
    std::sort(frame.lost.begin(), frame.lost.end(),
              [](const LostParticle& a, const LostParticle& b) { return a.particle < b.particle; });
  }
  transfers_.readBack += read;
  device_->countRead(read);
  if (device_->options.checked) rows_->verify();
  rows_->computed();
  device_->check("while sampling");
  frame.device = rows_;
  frame.transfers = transfers_;
}

void GlJob::finishOldest() {
  const Sent sent = waiting_.front();
  waiting_.pop_front();
  device_->wait(sent.fence);
  // It ran since it was sent, or since the one before it was done.
  const Clock::time_point now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - std::max(sent.when, done_)).count();
  done_ = now;
  // Small ones measure what a dispatch costs by itself.
  if (sent.measure && sent.rows > 2e5) {
    const double measured = std::clamp(seconds / sent.rows, 1e-13, 1e-6);
    device_->secondsPerRow = 0.5 * device_->secondsPerRow + 0.5 * measured;
  }
}

}  // namespace gs
