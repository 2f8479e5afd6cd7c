/* fork, pipes, wait, exec, groups, shared memory between processes, vfork. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "child")) {
    printf("executed with %s, %s\n", argv[2], getenv("COLOUR") ? getenv("COLOUR") : "none");
    fflush(stdout);
    return 7;
  }
  int status, fds[2];
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int local = 1;
  pipe(fds);
  pid_t child = fork();
  if (child == 0) {
    close(fds[0]);
    *shared = 42;
    local = 2;
    for (int i = 0; i < 1000; i++) dprintf(fds[1], "line %d\n", i);
    _exit(3);
  }
  close(fds[1]);
  int total = 0, got;
  char buffer[512];
  while ((got = read(fds[0], buffer, sizeof buffer)) > 0) total += got;
  printf("wait %d\n", waitpid(child, &status, 0) == child);
  printf("bytes %d status %d shared %d local %d\n", total, WEXITSTATUS(status), *shared, local);
  fflush(stdout);
  child = vfork();
  if (child == 0) {
    char *arguments[] = {argv[0], "child", "an argument", NULL}, *environment[] = {"COLOUR=green", NULL};
    execve("/proc/self/exe", arguments, environment);
    _exit(99);
  }
  waitpid(child, &status, 0);
  printf("executed %d\n", WEXITSTATUS(status));
  child = fork();
  if (child == 0) raise(SIGTERM);
  waitpid(child, &status, 0);
  printf("signalled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
  child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(5);
  }
  waitpid(child, &status, WUNTRACED);
  printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  printf("continued, then %d\n", WEXITSTATUS(status));
  printf("none left %d\n", wait(NULL) == -1 && errno == ECHILD);
  printf("no program %d\n", execl("/no/such", "x", (char *)NULL) == -1 && errno == ENOENT);
  signal(SIGPIPE, SIG_IGN);
  pipe(fds);
  close(fds[0]);
  printf("broken %d\n", write(fds[1], "x", 1) == -1 && errno == EPIPE);
  setpgid(0, 0);
  printf("leader %d\n", getpgrp() == getpid());
  int children = 0;
  for (int i = 0; i < 20; i++) {
    if ((child = fork()) == 0) _exit(i);
    if (child > 0) children++;
  }
  int sum = 0;
  while (wait(&status) > 0) sum += WEXITSTATUS(status);
  printf("children %d sum %d\n", children, sum);
  FILE *other = popen("exit 4", "r");
  if (other) pclose(other);
  return 0;
}
