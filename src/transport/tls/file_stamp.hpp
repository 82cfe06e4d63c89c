#pragma once
#include <ctime>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace w2s::transport {

// What shows that a file was written or replaced; through symbolic links, as ACME clients use them.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;  // no file
  std::time_t seconds = 0;
  long nanoseconds = 0;
  bool operator==(const FileStamp&) const = default;
};
using FileStamps = std::vector<FileStamp>;

inline FileStamp stamp_of(const std::string& path) {
  struct stat s {};
  if (path.empty() || ::stat(path.c_str(), &s) != 0) return {};
  return {s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

}  // namespace w2s::transport
