#include "window_engine.h"

#include <QCoreApplication>
#include <QFile>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QSurfaceFormat>

#include <stdexcept>
#include <utility>

namespace gs {

void prepareSharing() {
  QSurfaceFormat format;
  format.setRenderableType(QSurfaceFormat::OpenGL);
  format.setVersion(4, 5);
  format.setProfile(QSurfaceFormat::CoreProfile);
  format.setDepthBufferSize(0);
  format.setStencilBufferSize(0);
  format.setOption(QSurfaceFormat::ResetNotification);  // where the driver can
  QSurfaceFormat::setDefaultFormat(format);
  QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
}

bool lostForTests(const char* variable) {
  return qEnvironmentVariableIsSet(variable) && QFile::remove(qEnvironmentVariable(variable));
}

std::shared_ptr<ChosenEngine> makeWindowEngine(EngineChoice choice, std::size_t memoryBudget,
                                               QOffscreenSurface& surface,
                                               std::function<void(const std::string&)> say) {
  const auto make = [memoryBudget, &surface](bool hardware) {
    // Qt's context is made and current on the engine's thread, and lives as long as the thread holds this function.
    const auto holder = std::make_shared<std::unique_ptr<QOpenGLContext>>();
    const auto context = [holder, &surface] {
      *holder = std::make_unique<QOpenGLContext>();
      QOpenGLContext& c = **holder;
      c.setFormat(QSurfaceFormat::defaultFormat());
      c.setShareContext(QOpenGLContext::globalShareContext());
      if (!c.create() || !c.makeCurrent(&surface)) throw std::runtime_error("a second OpenGL context cannot be made");
      if (!QOpenGLContext::areSharing(&c, QOpenGLContext::globalShareContext()))
        throw std::runtime_error("this OpenGL driver does not share objects between threads");
      return gl::Context::adoptCurrent();
    };
    GlOptions options{.memoryBudget = memoryBudget, .hardware = hardware};
    constexpr const char* kLoseEngine = "GUIDESCOPE_LOSE_ENGINE";
    if (qEnvironmentVariableIsSet(kLoseEngine))
      options.resetStatus = [] {
        constexpr unsigned kUnknownReset = 0x8255;  // GL_UNKNOWN_CONTEXT_RESET; no OpenGL header beside Qt's
        return lostForTests(kLoseEngine) ? kUnknownReset : 0;
      };
    return makeGlEngine(context, std::move(options));
  };
  return std::make_shared<ChosenEngine>(choice, make, std::move(say), makeCpuEngine(0, memoryBudget));
}

}  // namespace gs
