/* The server that `make bench-load` sends to: one thread, epoll, one short answer for each request.
 *
 *   load-server [MICROSECONDS]
 *
 * Without an argument it answers at once, so that what sends is slower than what answers. With one it is a queue with one
 * server: each request takes exactly so long, one after the other. It then works no more than it sleeps, by a timer of
 * its own, so the machine's load moves no service time by more than a wake-up.
 *
 * It reads only what it must: the end of the head, and the length of the body. Prints its port, then serves. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ROOM 65536
#define WAITING 1000000
static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"score\": 0.5}\n";

struct connection {
  int fd;
  int waiting; /* Requests of it in the queue. */
  size_t filled;
  char data[ROOM];
};

static struct { struct connection *from; long long due; } queue[WAITING];
static size_t first, last;
static long long service, free_at;
static int timer;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void answer(struct connection *c) {
  if (c->fd >= 0 && write(c->fd, ANSWER, sizeof ANSWER - 1) < 0) { /* The caller has gone: its close is read next. */
  }
}

static void wake_for_first(void) {
  struct itimerspec at = {.it_value = {queue[first % WAITING].due / 1000000000, queue[first % WAITING].due % 1000000000}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void take(struct connection *c) {
  if (!service) {
    answer(c);
    return;
  }
  long long time = now();
  free_at = (time > free_at ? time : free_at) + service;
  queue[last % WAITING].from = c;
  queue[last++ % WAITING].due = free_at;
  c->waiting++;
  if (last - first == 1) wake_for_first();
}

static void let_go(struct connection *c) {
  if (c->fd < 0 && !c->waiting) free(c);
}

static void finish_due(void) {
  while (first < last && queue[first % WAITING].due <= now()) {
    struct connection *c = queue[first++ % WAITING].from;
    c->waiting--;
    answer(c);
    let_go(c);
  }
  if (first < last) wake_for_first();
}

/* The bytes of the first whole request in the buffer, or 0. */
static size_t whole(const char *data, size_t filled) {
  const char *end = memmem(data, filled, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = end - data + 4, body = 0;
  for (const char *line = data; line && line < end; line++) {
    if (!strncasecmp(line, "content-length:", 15)) body = strtoul(line + 15, NULL, 10);
    line = memchr(line, '\n', end + 2 - line);
    if (!line) break;
  }
  return filled >= head + body ? head + body : 0;
}

int main(int count, char **arguments) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  service = count > 1 ? atoll(arguments[1]) * 1000 : 0;
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener}, events[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  event.data.ptr = &timer;
  epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].data.ptr == &timer) {
        unsigned long long fired;
        if (read(timer, &fired, sizeof fired) > 0) finish_due();
        continue;
      }
      if (events[i].data.ptr == &listener) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0 || !(c = malloc(sizeof *c))) continue;
        c->fd = fd;
        c->filled = c->waiting = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        event.data.ptr = c;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        continue;
      }
      ssize_t got = read(c->fd, c->data + c->filled, ROOM - c->filled);
      if (got <= 0) {
        close(c->fd);
        c->fd = -1;
        let_go(c);
        continue;
      }
      c->filled += got;
      size_t used;
      while ((used = whole(c->data, c->filled))) {
        take(c);
        memmove(c->data, c->data + used, c->filled -= used);
      }
    }
  }
}
