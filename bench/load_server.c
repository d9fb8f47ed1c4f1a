/* The server that `make bench-load` sends to: one thread, epoll, one short answer for each request, and no more.
 * It parses only as much as it must: the end of the head, and the length of the body. Prints its port, then serves. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536
static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"score\": 0.5}\n";

struct connection {
  int fd;
  size_t filled;
  char data[ROOM];
};

/* The bytes of the first whole request in the buffer, or 0. */
static size_t whole(const char *data, size_t filled) {
  const char *end = memmem(data, filled, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = end - data + 4, body = 0;
  for (const char *line = data; line < end; line++) {
    if (!strncasecmp(line, "content-length:", 15)) body = strtoul(line + 15, NULL, 10);
    if (!(line = memchr(line, '\n', end + 2 - line))) break;
  }
  return filled >= head + body ? head + body : 0;
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0 || !(c = malloc(sizeof *c))) continue;
        c->fd = fd;
        c->filled = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        event.data.ptr = c;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        continue;
      }
      ssize_t got = read(c->fd, c->data + c->filled, ROOM - c->filled);
      if (got <= 0) {
        close(c->fd);
        free(c);
        continue;
      }
      c->filled += got;
      size_t used;
      while ((used = whole(c->data, c->filled))) {
        if (write(c->fd, ANSWER, sizeof ANSWER - 1) < 0) break;
        memmove(c->data, c->data + used, c->filled -= used);
      }
    }
  }
}
