/* What kernels are asked for most, an operation at a time and as often as its argument says. */
#include "../runtime/runtime.h"
#include "../runtime/linux.h"

enum { PAGE_BYTES = 4096, SIGNAL_USER_1 = 10, SIGNAL_BYTES = 8, RESTORER = 0x04000000 };

/* Each returns how often something went wrong. */
typedef unsigned (*operation)(unsigned count);

static int parent;

static unsigned get_parent(unsigned count) {
  unsigned wrong = 0;
  while (count--) wrong += system_call(CALL_GETPPID, 0, 0, 0, 0) != parent;
  return wrong;
}

static int request_pipe[2], reply_pipe[2];

/* No bytes of a pipe: what any read costs, and no more. */
static unsigned read_nothing(unsigned count) {
  unsigned wrong = 0;
  while (count--) wrong += system_call(CALL_READ, (unsigned)reply_pipe[0], 0, 0, 0) != 0;
  return wrong;
}

/* A byte from one to the other; not at the end of what is read. */
static int pass(int from, int to) {
  unsigned char token;
  return system_call(CALL_READ, (unsigned)from, ADDRESS(&token), 1, 0) == 1 &&
         system_call(CALL_WRITE, (unsigned)to, ADDRESS(&token), 1, 0) == 1;
}

/* A byte goes to a child and comes back: four calls and two switches. The child ends when its request pipe does. */
static unsigned ping_pong(unsigned count) {
  unsigned wrong = 0;
  unsigned char token = 0;
  while (count--)
    wrong += system_call(CALL_WRITE, (unsigned)request_pipe[1], ADDRESS(&token), 1, 0) != 1 ||
             system_call(CALL_READ, (unsigned)reply_pipe[0], ADDRESS(&token), 1, 0) != 1;
  return wrong;
}

static unsigned touch_pages(unsigned count) {
  if (count == 0) return 0;
  unsigned base = map_pages(count * PAGE_BYTES);
  if (base % PAGE_BYTES) return count;
  for (unsigned page = 0; page < count; page++) *(volatile unsigned char *)(base + page * PAGE_BYTES) = 1;
  return system_call(CALL_MUNMAP, base, count * PAGE_BYTES, 0, 0) != 0;
}

static unsigned fork_and_wait(unsigned count) {
  unsigned wrong = 0;
  while (count--) {
    int child = system_call(CALL_FORK, 0, 0, 0, 0);
    if (child == 0) system_call(CALL_EXIT_GROUP, 0, 0, 0, 0);
    wrong += child < 0 || !child_succeeded();
  }
  return wrong;
}

static volatile unsigned handled;
static void handle(int signal) { handled += signal == SIGNAL_USER_1; }

/* sigreturn, of a handler without SA_SIGINFO; there is no C library that would bring it along. */
__attribute__((naked)) static void restore(void) { __asm__("mov r7, #119\n\tsvc #0"); }

static unsigned signal_self(unsigned count) {
  unsigned self = (unsigned)system_call(CALL_GETPID, 0, 0, 0, 0);
  unsigned before = handled;
  for (unsigned index = 0; index < count; index++) system_call(CALL_KILL, self, SIGNAL_USER_1, 0, 0);
  return before + count - handled;
}

static const struct step {
  operation run;
  struct limits limits;
} steps[] = {
    {get_parent, {"PARENTS must be 0 to 1000000, not ", 0, 1000000}},
    {read_nothing, {"READS must be 0 to 1000000, not ", 0, 1000000}},
    {ping_pong, {"ROUND_TRIPS must be 0 to 1000000, not ", 0, 1000000}},
    {touch_pages, {"PAGES must be 0 to 8192, not ", 0, 8192}},
    {fork_and_wait, {"FORKS must be 0 to 1000000, not ", 0, 1000000}},
    {signal_self, {"SIGNALS must be 0 to 1000000, not ", 0, 1000000}},
};
enum { STEPS = sizeof steps / sizeof *steps, FIRST_STEP_ARGUMENT = 3 };

static unsigned run_rounds(unsigned rounds, const unsigned *counts) {
  unsigned wrong = 0;
  while (rounds--)
    for (unsigned step = 0; step < STEPS; step++) wrong += steps[step].run(counts[step]);
  return wrong;
}

static void open_pipes(const char *program) {
  if (system_call(CALL_PIPE, ADDRESS(request_pipe), 0, 0, 0) || system_call(CALL_PIPE, ADDRESS(reply_pipe), 0, 0, 0))
    fail(program, "the kernel gives no pipe");
}

/* Before the handler is set: the child has none. */
static void start_partner(const char *program) {
  int child = system_call(CALL_FORK, 0, 0, 0, 0);
  if (child < 0) fail(program, "the kernel starts no process");
  if (child > 0) return;
  system_call(CALL_CLOSE, (unsigned)request_pipe[1], 0, 0, 0);
  while (pass(request_pipe[0], reply_pipe[1])) continue;
  system_call(CALL_EXIT_GROUP, 0, 0, 0, 0);
}

static int stop_partner(void) {
  system_call(CALL_CLOSE, (unsigned)request_pipe[1], 0, 0, 0);
  return !child_succeeded();
}

int main(int argc, char **argv) {
  static const struct limits rounds_limits = {"ROUNDS must be 1 to 1000000, not ", 1, 1000000};
  static const struct limits warm_limits = {"WARM_ROUNDS must be 0 to 1000000, not ", 0, 1000000};
  const unsigned action[5] = {ADDRESS(handle), RESTORER, ADDRESS(restore), 0, 0};
  unsigned counts[STEPS];

  expect_arguments(argc, argv, FIRST_STEP_ARGUMENT - 1 + STEPS,
                   "ROUNDS WARM_ROUNDS PARENTS READS ROUND_TRIPS PAGES FORKS SIGNALS");
  unsigned rounds = number_argument(argv, 1, &rounds_limits);
  unsigned warm_rounds = number_argument(argv, 2, &warm_limits);
  for (unsigned step = 0; step < STEPS; step++)
    counts[step] = number_argument(argv, FIRST_STEP_ARGUMENT + (int)step, &steps[step].limits);

  parent = system_call(CALL_GETPPID, 0, 0, 0, 0);
  open_pipes(argv[0]);
  start_partner(argv[0]);
  if (system_call(CALL_RT_SIGACTION, SIGNAL_USER_1, ADDRESS(action), 0, SIGNAL_BYTES))
    fail(argv[0], "the kernel takes no signal handler");

  hint_warm();
  mark("warm");
  unsigned wrong = run_rounds(warm_rounds, counts);
  mark("begin");
  hint_begin();
  wrong += run_rounds(rounds, counts);
  hint_end();
  mark("end");
  wrong += (unsigned)stop_partner();

  say("kernel operations: ");
  say_unsigned(rounds);
  say(rounds == 1 ? " round after " : " rounds after ");
  say_unsigned(warm_rounds);
  say(wrong ? " to warm up, results WRONG\n" : " to warm up, results OK\n");
  return wrong ? 1 : 0;
}
