/* AF_UNIX sockets, poll, select, epoll, eventfd, passing descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_un address(const char *path) {
  struct sockaddr_un made = {.sun_family = AF_UNIX};
  strcpy(made.sun_path, path);
  return made;
}

int main(void) {
  int pair[2];
  char buffer[64] = "";
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  write(pair[0], "abc", 3);
  write(pair[0], "def", 3);
  printf("stream %d", (int)read(pair[1], buffer, sizeof buffer));
  printf(" %s\n", buffer);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  write(pair[0], "abc", 3);
  write(pair[0], "defg", 4);
  memset(buffer, 0, sizeof buffer);
  printf("datagram %d", (int)read(pair[1], buffer, 2));
  printf(" %d\n", (int)read(pair[1], buffer, sizeof buffer));

  const char *path = "/tmp/trapwalk-socket-test";
  unlink(path);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un name = address(path);
  bind(listener, (struct sockaddr *)&name, sizeof name);
  listen(listener, 4);
  if (fork() == 0) {
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(client, (struct sockaddr *)&name, sizeof name);
    send(client, "request", 7, 0);
    memset(buffer, 0, sizeof buffer);
    recv(client, buffer, sizeof buffer, 0);
    _exit(strcmp(buffer, "answer") == 0 ? 9 : 1);
  }
  int server = accept(listener, NULL, NULL);
  memset(buffer, 0, sizeof buffer);
  recv(server, buffer, sizeof buffer, 0);
  printf("got %s\n", buffer);
  send(server, "answer", 6, 0);
  int status;
  wait(&status);
  printf("client %d, then end %d\n", WEXITSTATUS(status), (int)recv(server, buffer, sizeof buffer, 0));
  signal(SIGPIPE, SIG_IGN);
  printf("gone %d\n", send(server, "x", 1, 0) == -1 && errno == EPIPE);
  unlink(path);
  printf("refused %d\n", connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name) == -1 && errno == ENOENT);

  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  struct pollfd polled[2] = {{pair[0], POLLIN | POLLOUT, 0}, {pair[1], POLLIN, 0}};
  printf("poll %d %x %x\n", poll(polled, 2, 0), polled[0].revents, polled[1].revents);
  write(pair[0], "x", 1);
  printf("poll %d %x %x\n", poll(polled, 2, 1000), polled[0].revents, polled[1].revents);
  read(pair[1], buffer, 1);
  printf("late %d\n", poll(&polled[1], 1, 5));
  fd_set set;
  FD_ZERO(&set);
  FD_SET(pair[1], &set);
  struct timeval time = {0, 1000};
  printf("select %d\n", select(pair[1] + 1, &set, NULL, NULL, &time));

  int counter = eventfd(3, EFD_NONBLOCK);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1234567890ULL}, found[4];
  epoll_ctl(epoll, EPOLL_CTL_ADD, counter, &event);
  event.data.u64 = 2;
  epoll_ctl(epoll, EPOLL_CTL_ADD, pair[1], &event);
  printf("epoll %d %llx\n", epoll_wait(epoll, found, 4, -1), (unsigned long long)found[0].data.u64);
  unsigned long long value;
  read(counter, &value, 8);
  printf("value %llu again %d\n", value, read(counter, &value, 8) == -1 && errno == EAGAIN);
  if (fork() == 0) {
    usleep(1000);
    write(pair[0], "y", 1);
    _exit(0);
  }
  printf("woken %d", epoll_wait(epoll, found, 4, -1));
  printf(" %llu\n", (unsigned long long)found[0].data.u64);
  wait(NULL);
  read(pair[1], buffer, 1);

  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec spec = {{0, 1000000}, {0, 1000000}};
  timerfd_settime(timer, 0, &spec, NULL);
  read(timer, &value, 8);
  printf("expired %d\n", value >= 1);

  int sent = open("/dev/zero", O_RDONLY);
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec vector = {"f", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &sent, sizeof(int));
  sendmsg(pair[0], &message, 0);
  close(sent);
  vector.iov_base = buffer;
  message.msg_controllen = sizeof control;
  recvmsg(pair[1], &message, 0);
  int received;
  memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
  buffer[0] = 1;
  printf("passed %d %d\n", (int)read(received, buffer, 1), buffer[0]);
  return 0;
}
