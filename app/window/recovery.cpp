#include "recovery.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QLocale>
#include <QStandardPaths>
#include <QThreadPool>
#include <QUuid>

#include <exception>

#include "session/json.h"

namespace gs {

Recovery::Recovery() {
  folder_ = QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + QStringLiteral("/recovery");
  QDir().mkpath(folder_);
  name_ = folder_ + QLatin1Char('/') + QUuid::createUuid().toString(QUuid::WithoutBraces) + QStringLiteral(".json");
  lock_ = std::make_unique<QLockFile>(name_ + QStringLiteral(".lock"));
  lock_->setStaleLockTime(0);  // stale means: its process is gone
  lock_->tryLock(0);
}

Recovery::~Recovery() {
  if (!left_) forget();
}

QString Recovery::leave() {
  QThreadPool::globalInstance()->waitForDone();  // it is being written
  left_ = true;
  lock_->unlock();
  return name_;
}

void Recovery::forget() {
  QThreadPool::globalInstance()->waitForDone();  // a write under way would bring the file back
  kept_.reset();
  QFile::remove(name_);
  QFile::remove(name_ + QStringLiteral(".path"));
}

void Recovery::keep(const Session& session, const std::string& path) {
  if (kept_ && *kept_ == session) return;
  kept_ = session;
  QThreadPool::globalInstance()->start([session, path, name = name_] {
    try {
      saveSession(session, name.toStdString());
      QFile origin(name + QStringLiteral(".path"));
      if (origin.open(QIODevice::WriteOnly)) origin.write(QByteArray::fromStdString(path));
    } catch (const std::exception&) {
      // A full disk must not disturb the work; saving by hand will say so.
    }
  });
}

std::optional<Recovery::Found> Recovery::takeOver(const QString& only) {
  const QFileInfoList files = QDir(folder_).entryInfoList({QStringLiteral("*.json")}, QDir::Files, QDir::Time);
  for (const QFileInfo& file : files) {
    const QString name = file.absoluteFilePath();
    if (name == name_ || (!only.isEmpty() && name != only)) continue;
    QLockFile lock(name + QStringLiteral(".lock"));
    lock.setStaleLockTime(0);
    if (!lock.tryLock(0)) continue;  // a living window's
    std::optional<Found> found;
    try {
      Found f{loadSession(name.toStdString()),
              {},
              QLocale::c().toString(file.lastModified(), QStringLiteral("d MMM, hh:mm"))};
      QFile origin(name + QStringLiteral(".path"));
      if (origin.open(QIODevice::ReadOnly)) f.path = origin.readAll().toStdString();
      found = std::move(f);
    } catch (const std::exception&) {
      // Not a whole session: nothing that could be offered.
    }
    QFile::remove(name + QStringLiteral(".path"));
    if (!found) {
      QFile::remove(name);
      continue;
    }
    QFile::rename(name, name_);  // ours from now on, until it is saved or discarded
    kept_ = found->session;
    return found;
  }
  return {};
}

}  // namespace gs
