// Loaded into Chromium in tests. It breaks off all that it loads whenever an interface of the machine changes, as one does
// with each container that starts or ends. Without this kind of socket it does not hear of that.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
int socket(int domain, int type, int protocol) {
  static int (*original)(int, int, int);
  if (domain == AF_NETLINK) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  if (!original) original = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
  return original(domain, type, protocol);
}
