// Preloaded: each file and folder that is synced is named on a line of the file TELL_SYNCS.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int file) {
  char link[64], path[PATH_MAX + 1];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PATH_MAX);
  int log = open(getenv("TELL_SYNCS"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (length > 0 && log >= 0) dprintf(log, "%.*s\n", (int)length, path);
  if (log >= 0) close(log);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(file);
}
