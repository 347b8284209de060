#include <zip.h>

#include <array>
#include <memory>

#include "data/arrays.h"
#include "data/npy.h"
#include "data/points.h"

namespace gs {
namespace {

// "[3, 1] ". Appended: GCC 12 takes sums of such texts for overruns (its bug 105651).
std::string at(std::size_t i) {
  std::string out = "[";
  out += std::to_string(i);
  out += "] ";
  return out;
}
std::string at(std::size_t i, std::size_t j) {
  std::string out = "[";
  out += std::to_string(i);
  out += ", ";
  out += std::to_string(j);
  out += "] ";
  return out;
}

// Coordinates of an array [point][2 or 3], and labels of its third column.
void takePoints(const NpyArray& a, const std::string& place, PointSet& set, LabelTable& labels) {
  const auto fail = [&](const std::string& what) { throw InputError(place + ": " + what); };
  if (!a.numeric()) fail("is text; coordinates are numbers");
  if (a.shape.size() != 2 || (a.shape[1] != 2 && a.shape[1] != 3))
    fail("has the shape " + shapeText(a.shape) + "; (N, 2) or (N, 3) is needed");
  const std::size_t rows = a.shape[0], columns = a.shape[1];
  if (rows == 0) fail("has no points");
  if (rows > std::size_t(PointSet::kMaxPoints))
    fail("has " + std::to_string(rows) + " points, more than " + std::to_string(PointSet::kMaxPoints));
  const auto index = [&](std::size_t i, std::size_t j) { return a.fortran ? j * rows + i : i * columns + j; };
  set.points.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    std::array<double, 2> p;
    for (std::size_t j = 0; j < 2; ++j) {
      p[j] = a.number(index(i, j));
      if (const auto problem = coordinateProblem(p[j])) fail(at(i, j) + *problem);
    }
    set.points.emplace_back(p[0], p[1]);
    if (columns < 3) continue;
    const auto label = labels.number(a.text(index(i, 2)));
    if (!label) fail(at(i, 2) + tooManyClasses());
    set.labels.push_back(*label);
  }
}

void takeLabels(const NpyArray& a, const std::string& place, PointSet& set, LabelTable& labels) {
  const auto fail = [&](const std::string& what) { throw InputError(place + ": " + what); };
  const bool column = a.shape.size() == 2 && a.shape[1] == 1;
  if ((a.shape.size() != 1 && !column) || a.shape[0] != set.points.size())
    fail("has the shape " + shapeText(a.shape) + "; (" + std::to_string(set.points.size()) +
         ",) is needed, a label for each point");
  set.labels.clear();
  set.labels.reserve(set.points.size());
  for (std::size_t i = 0; i < set.points.size(); ++i) {
    const auto label = labels.number(a.text(i));
    if (!label) fail(at(i) + tooManyClasses());
    set.labels.push_back(*label);
  }
}

struct Archive {
  zip_t* zip = nullptr;
  Archive(std::string_view bytes, const std::string& name) {
    // libzip allocates for every entry of the directory before anything can be asked; a directory of millions of
    // entries fits in the file limit.
    constexpr int kMaxEntries = 1000;
    int entries = 0;
    for (std::size_t at = 0; (at = bytes.find("PK\x01\x02", at)) != std::string_view::npos; at += 4)
      if (++entries > kMaxEntries)
        throw InputError(name + ": has more than " + std::to_string(kMaxEntries) + " members");
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source) zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!zip) {
      const std::string words = zip_error_strerror(&error);
      if (source) zip_source_free(source);
      zip_error_fini(&error);
      throw InputError(name + ": is not a readable NPZ (zip) file: " + words);
    }
    zip_error_fini(&error);
  }
  ~Archive() { zip_discard(zip); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  // A member's bytes, uncompressed. Neither the directory's word on the size is believed nor the data's.
  std::string read(zip_uint64_t index, const std::string& place) {
    const auto fail = [&](const std::string& what) { throw InputError(place + ": " + what); };
    zip_stat_t info;
    if (zip_stat_index(zip, index, 0, &info) != 0 || !(info.valid & ZIP_STAT_SIZE)) fail("cannot be read");
    if (info.size > kMaxPointsFile) fail("has more than 64 MiB uncompressed");
    zip_file_t* file = zip_fopen_index(zip, index, 0);
    if (!file) fail(std::string("cannot be read: ") + zip_strerror(zip));
    std::string bytes(std::size_t(info.size), '\0');
    std::size_t done = 0;
    zip_int64_t n = 0;
    while (done < bytes.size() && (n = zip_fread(file, bytes.data() + done, bytes.size() - done)) > 0)
      done += std::size_t(n);
    // Reading on finds data beyond the stated size and checks the sum.
    char more = 0;
    const bool whole = n >= 0 && done == bytes.size() && zip_fread(file, &more, 1) == 0;
    const std::string words = zip_file_strerror(file);
    zip_fclose(file);
    if (!whole) fail("is damaged: " + (done < bytes.size() && n == 0 ? "it ends too early" : words));
    return bytes;
  }
};

// The index of the one member with one of these names; -1: none.
int findMember(const std::vector<std::string>& members, std::initializer_list<std::string_view> names,
               const std::string& file) {
  int found = -1;
  for (std::size_t i = 0; i < members.size(); ++i)
    for (const std::string_view name : names) {
      if (members[i] != name) continue;
      if (found >= 0)
        throw InputError(file + ": both '" + members[std::size_t(found)] + "' and '" + members[i] +
                         "' are there; which one is meant?");
      found = int(i);
    }
  return found;
}

}  // namespace

PointSet parseNpy(std::string_view bytes, const std::string& name) {
  PointSet set;
  LabelTable labels;
  takePoints(readNpyArray(bytes, name), name, set, labels);
  if (set.labels.empty())
    labelAll(set);
  else
    labels.finish(set);
  return set;
}

PointSet parseNpz(std::string_view bytes, const std::string& name) {
  if (bytes.size() > kMaxPointsFile) throw InputError(name + ": has more than 64 MiB");
  Archive archive(bytes, name);
  std::vector<std::string> members;  // without ".npy"; "" for what is no array
  std::string list;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.zip, 0); ++i) {
    const char* entry = zip_get_name(archive.zip, zip_uint64_t(i), ZIP_FL_ENC_GUESS);
    std::string_view member = entry ? entry : "";
    const bool array = member.ends_with(".npy");
    if (array) member.remove_suffix(4);
    members.emplace_back(array ? member : "");
    if (array && list.size() < 200) list += (list.empty() ? "" : ", ") + inQuotes(member);
  }
  int points = findMember(members, {"x", "points", "data"}, name);
  const int classes = findMember(members, {"y", "labels", "class"}, name);
  if (points < 0) {
    // One array under any name will do.
    int arrays = 0;
    for (std::size_t i = 0; i < members.size(); ++i)
      if (!members[i].empty() && int(i) != classes) points = int(i), ++arrays;
    if (arrays == 0) throw InputError(name + ": has no array");
    if (arrays > 1) throw InputError(name + ": none of its arrays (" + list + ") is called 'x', 'points' or 'data'");
  }
  // A name that is not one of ours may hold anything.
  const auto placeOf = [&](int i) {
    const std::string& member = members[std::size_t(i)];
    const bool plain = member.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                       std::string::npos;
    return name + ":" + (plain && member.size() < 40 ? member : inQuotes(member));
  };
  PointSet set;
  LabelTable labels;
  {
    const std::string place = placeOf(points);
    const std::string data = archive.read(zip_uint64_t(points), place);
    const NpyArray array = readNpyArray(data, place);
    if (classes >= 0 && array.shape.size() == 2 && array.shape[1] == 3)
      throw InputError(place + ": has a third column, and '" + members[std::size_t(classes)] +
                       "' is there too; which are the labels?");
    takePoints(array, place, set, labels);
  }
  if (classes >= 0) {
    const std::string place = placeOf(classes);
    const std::string data = archive.read(zip_uint64_t(classes), place);
    takeLabels(readNpyArray(data, place), place, set, labels);
  }
  if (set.labels.empty())
    labelAll(set);
  else
    labels.finish(set);
  return set;
}

Arrays readArrays(std::string_view bytes, const std::string& name) {
  if (bytes.size() > kMaxPointsFile) throw InputError(name + ": has more than 64 MiB");
  Archive archive(bytes, name);
  Arrays out;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.zip, 0); ++i) {
    const char* entry = zip_get_name(archive.zip, zip_uint64_t(i), ZIP_FL_ENC_GUESS);
    std::string_view member = entry ? entry : "";
    if (!member.ends_with(".npy")) throw InputError(name + ": " + inQuotes(member) + " is no array");
    member.remove_suffix(4);
    std::string place = inQuotes(member);
    if (place.size() == member.size() + 2) place = member;  // nothing in it had to be escaped
    place.insert(0, name + ":");
    const std::string data = archive.read(zip_uint64_t(i), place);
    const NpyArray array = readNpyArray(data, place);
    NamedArray& to = out.emplace_back();
    to.name = member;
    if (member.ends_with("json")) {
      if (array.type != 'u' || array.item != 1 || array.shape.size() != 1) throw InputError(place + ": is no text");
      to.text = array.data;
      continue;
    }
    if (!array.numeric()) throw InputError(place + ": is text; weights are numbers");
    if (array.fortran && array.shape.size() > 1) throw InputError(place + ": has its first index fastest");
    to.shape = array.shape;
    std::size_t count = 1;
    for (const std::size_t n : array.shape) count *= n;
    to.values.resize(count);
    for (std::size_t j = 0; j < count; ++j) {
      to.values[j] = float(array.number(j));
      if (!std::isfinite(to.values[j])) throw InputError(place + ": " + at(j) + "is not finite");
    }
  }
  return out;
}

const NamedArray* find(const Arrays& arrays, std::string_view name) {
  for (const NamedArray& a : arrays)
    if (a.name == name) return &a;
  return nullptr;
}

}  // namespace gs
