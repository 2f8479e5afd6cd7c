/* Handlers nested and restarted, masks, siglongjmp, faults with their address, alternate stacks, timers, queues. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t depth, deepest, alarms, seen;
static sigjmp_buf back;
static char *page;

static void nested(int signal) {
  depth++;
  if (depth > deepest) deepest = depth;
  if (signal == SIGUSR1) raise(SIGUSR2);
  depth--;
}
static void on_alarm(int signal) { alarms += signal == SIGALRM; }
static void jump(int signal) { siglongjmp(back, signal); }
static void *fault_address;
static int fault_code;
static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)signal;
  fault_address = info->si_addr;
  fault_code = info->si_code;
  if (context == NULL) _exit(1);
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}
static char *stack_at;
static void on_stack(int signal, siginfo_t *info, void *context) {
  char local;
  stack_at = &local;
  (void)signal, (void)info, (void)context;
}
static int values[4], got;
static void on_queue(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  values[got++] = info->si_value.sival_int;
}
static double floating(double x) {
  double y = x * 1.5;
  raise(SIGALRM);
  return y + x;
}
static void clobber(int signal) {
  volatile double a = 1.0;
  for (int i = 0; i < 10; i++) a = a * 3.0 + signal;
}

static void install(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(signal, &action, NULL);
}
static void install_info(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
  sigaction(signal, &action, NULL);
}

/* UNDEFINED instructions, of which Linux takes three for breakpoints. */
__asm__(
    ".text\n.arm\n.align 2\n"
    "break_arm: .word 0xe7f001f0\n bx lr\n"
    "undefined_arm: .word 0xe7f000f0\n bx lr\n"
    ".thumb\n"
    ".thumb_func\nbreak_narrow: .hword 0xde01\n bx lr\n"
    ".thumb_func\nundefined_narrow: .hword 0xde00\n bx lr\n"
    ".thumb_func\nbreak_wide: .hword 0xf7f0, 0xa000\n bx lr\n"
    ".arm\n.align 2\n");
void break_arm(void), undefined_arm(void), break_narrow(void), undefined_narrow(void), break_wide(void);

static int signal_of(void (*code)(void)) {
  int signal = sigsetjmp(back, 1);
  if (signal == 0) code();
  return signal;
}

int main(void) {
  install(SIGUSR1, nested, 0);
  install(SIGUSR2, nested, 0);
  raise(SIGUSR1);
  printf("deepest %d\n", deepest);

  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  deepest = 0;
  raise(SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  printf("blocked %d pending %d\n", deepest == 0, sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, NULL);
  printf("delivered %d\n", deepest);

  install(SIGUSR2, jump, 0);
  int jumped = sigsetjmp(back, 1);
  if (jumped == 0) raise(SIGUSR2);
  printf("jumped %d\n", jumped);

  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  install_info(SIGSEGV, on_fault, 0);
  page[100] = 7;
  printf("fault at page + %d, code %d, now %d\n", (int)((char *)fault_address - page), fault_code, page[100]);
  munmap(page, 4096);
  install(SIGSEGV, jump, SA_NODEFER);
  if (sigsetjmp(back, 1) == 0) page[0] = 1;
  else printf("unmapped\n");
  if (sigsetjmp(back, 1) == 0) ((void (*)(void))page)();
  else printf("wild jump\n");
  install(SIGILL, jump, SA_NODEFER);
  install(SIGTRAP, jump, SA_NODEFER);
  printf("breakpoints %d %d %d\n", signal_of(break_arm), signal_of(break_narrow), signal_of(break_wide));
  printf("undefined %d %d\n", signal_of(undefined_arm), signal_of(undefined_narrow));

  static char other[16384];
  stack_t stack = {.ss_sp = other, .ss_size = sizeof other};
  sigaltstack(&stack, NULL);
  install_info(SIGUSR1, on_stack, SA_ONSTACK);
  raise(SIGUSR1);
  printf("alternate %d\n", stack_at >= other && stack_at < other + sizeof other);

  install(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval interval = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &interval, NULL);
  while (alarms < 5) continue;
  memset(&interval, 0, sizeof interval);
  setitimer(ITIMER_REAL, &interval, NULL);
  printf("alarms\n");
  install(SIGALRM, on_alarm, 0);
  ualarm(1000, 0);
  printf("pause %d\n", pause() == -1 && errno == EINTR);
  struct timespec time = {5, 0}, rest;
  ualarm(1000, 0);
  printf("sleep %d rest %d\n", nanosleep(&time, &rest) == -1 && errno == EINTR, (int)rest.tv_sec);

  int fds[2];
  char c;
  pipe(fds);
  install(SIGALRM, on_alarm, SA_RESTART);
  if (fork() == 0) {
    usleep(5000);
    write(fds[1], "z", 1);
    _exit(0);
  }
  ualarm(1000, 0);
  printf("restarted %d %c\n", (int)read(fds[0], &c, 1), c);
  wait(NULL);
  install(SIGALRM, on_alarm, 0);
  ualarm(1000, 0);
  printf("interrupted %d\n", read(fds[0], &c, 1) == -1 && errno == EINTR);

  install_info(SIGRTMIN, on_queue, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, &old);
  for (int i = 1; i <= 3; i++) sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
  sigprocmask(SIG_SETMASK, &old, NULL);
  printf("queued %d: %d %d %d\n", got, values[0], values[1], values[2]);
  sigprocmask(SIG_BLOCK, &set, &old);
  sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 9});
  siginfo_t info;
  printf("waited %d %d\n", sigwaitinfo(&set, &info) == SIGRTMIN, info.si_value.sival_int);
  struct timespec soon = {0, 1000000};
  printf("nothing %d\n", sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);

  install(SIGALRM, clobber, 0);
  printf("floating %.3f\n", floating(2.0));
  install(SIGUSR1, nested, SA_RESETHAND);
  install(SIGUSR2, on_alarm, 0);
  raise(SIGUSR1);
  struct sigaction action;
  sigaction(SIGUSR1, NULL, &action);
  printf("reset %d\n", action.sa_handler == SIG_DFL);

  pid_t child = fork();
  if (child == 0) {
    install(SIGTERM, SIG_DFL, 0);
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGTERM);
    sigsuspend(&all);
    _exit(1);
  }
  usleep(1000);
  kill(child, SIGTERM);
  int status;
  waitpid(child, &status, 0);
  printf("suspended until %d\n", WTERMSIG(status));
  fflush(stdout);
  abort();
}
