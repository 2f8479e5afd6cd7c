/*
 * Hackbench: groups of senders and receivers, of which each sender passes messages to every receiver of its group. The structure is
 * the classic program's: who is started when, who waits for whom, and what is timed.
 */
#include "../runtime/runtime.h"
#include "../runtime/linux.h"

enum { MOST_GROUPS = 100, MOST_PAIRS = 100, MOST_BYTES = 8192, STACK_BYTES = 16384, MICROSECONDS = 1000000 };
enum { AF_UNIX = 1, SOCK_STREAM = 1, POLLIN = 1, SIGNAL_KILL = 9 };
enum { READ_END = 0, WRITE_END = 1 };

struct group {
  /* Of each receiver, READ_END and WRITE_END of what messages come through. */
  int channels[MOST_PAIRS][2];
};
struct task {
  struct group *group;
  /* Of a receiver, its number. */
  unsigned receiver;
  /* A process's id, or what await_thread() takes. */
  volatile unsigned handle;
};

static struct group groups[MOST_GROUPS];
static struct task tasks[MOST_GROUPS * 2 * MOST_PAIRS];
static const char *program;
static unsigned pairs, loops, bytes, started;
static int threads, sockets;
/* Every task writes a byte to the first when it is there, and waits for one in the second, which nobody takes out. */
static int ready_channel[2], wake_channel[2];

static void end_tasks(void) {
  if (!threads)
    for (unsigned task = 0; task < started; task++) system_call(CALL_KILL, tasks[task].handle, SIGNAL_KILL, 0, 0);
}

static void give_up(const char *what) __attribute__((noreturn));
static void give_up(const char *what) {
  end_tasks();
  fail(program, what);
}

static void open_channel(int *ends) {
  int result = sockets ? system_call(CALL_SOCKETPAIR, AF_UNIX, SOCK_STREAM, 0, ADDRESS(ends))
                       : system_call(CALL_PIPE, ADDRESS(ends), 0, 0, 0);
  if (result) give_up("the kernel opens no more channels");
}

/* A process closes what another one uses; threads share it. */
static void close_if_process(int descriptor) {
  if (!threads) system_call(CALL_CLOSE, (unsigned)descriptor, 0, 0, 0);
}

static int transfer(int call, int descriptor, unsigned char *data, unsigned wanted) {
  for (unsigned done = 0; done < wanted;) {
    int result = system_call(call, (unsigned)descriptor, ADDRESS(data + done), wanted - done, 0);
    if (result <= 0) return 0;
    done += (unsigned)result;
  }
  return 1;
}

static void await_start(void) {
  struct {
    int descriptor;
    short events, returned;
  } wake = {wake_channel[READ_END], POLLIN, 0};
  unsigned char byte = 0;
  if (!transfer(CALL_WRITE, ready_channel[WRITE_END], &byte, 1)) fail(program, "a task cannot say that it is ready");
  if (system_call(CALL_POLL, ADDRESS(&wake), 1, (unsigned)-1, 0) != 1) fail(program, "a task cannot wait for the start");
}

static void send(void *argument) {
  const struct task *task = argument;
  unsigned char message[bytes];
  memset(message, 0, bytes);
  await_start();
  for (unsigned loop = 0; loop < loops; loop++)
    for (unsigned receiver = 0; receiver < pairs; receiver++)
      if (!transfer(CALL_WRITE, task->group->channels[receiver][WRITE_END], message, bytes))
        fail(program, "a sender cannot write");
}

static void receive(void *argument) {
  const struct task *task = argument;
  const int *channel = task->group->channels[task->receiver];
  unsigned char message[bytes];
  memset(message, 0, bytes);
  close_if_process(channel[WRITE_END]);
  await_start();
  for (unsigned left = pairs * loops; left > 0; left--)
    if (!transfer(CALL_READ, channel[READ_END], message, bytes)) fail(program, "a receiver cannot read");
}

static void start(void (*function)(void *), struct group *group, unsigned receiver) {
  struct task *task = &tasks[started];
  task->group = group;
  task->receiver = receiver;
  if (threads) {
    unsigned stack = map_pages(STACK_BYTES);
    if (stack % STACK_BYTES % 4096 || start_thread(stack + STACK_BYTES, function, task, &task->handle) < 0)
      give_up("the kernel starts no more threads");
  } else {
    int child = system_call(CALL_FORK, 0, 0, 0, 0);
    if (child < 0) give_up("the kernel starts no more processes");
    if (child == 0) {
      function(task);
      system_call(CALL_EXIT_GROUP, 0, 0, 0, 0);
    }
    task->handle = (unsigned)child;
  }
  started++;
}

static void start_group(struct group *group) {
  for (unsigned receiver = 0; receiver < pairs; receiver++) {
    open_channel(group->channels[receiver]);
    start(receive, group, receiver);
    close_if_process(group->channels[receiver][READ_END]);
  }
  for (unsigned sender = 0; sender < pairs; sender++) start(send, group, 0);
  for (unsigned receiver = 0; receiver < pairs; receiver++) close_if_process(group->channels[receiver][WRITE_END]);
}

static void await_tasks(void) {
  for (unsigned task = 0; task < started; task++) {
    if (threads) await_thread(&tasks[task].handle);
    else if (!child_succeeded()) give_up("a task failed");
  }
}

/* Seconds and microseconds. */
struct moment {
  unsigned seconds, fraction;
};

static void say_time(const struct moment *from, const struct moment *to) {
  static const unsigned powers[] = {100000, 10000, 1000, 100, 10};
  int borrow = to->fraction < from->fraction;
  unsigned fraction = to->fraction - from->fraction + (borrow ? MICROSECONDS : 0);
  say("Time: ");
  say_unsigned(to->seconds - from->seconds - (unsigned)borrow);
  say(".");
  for (unsigned place = 0; place < sizeof powers / sizeof *powers; place++)
    if (fraction < powers[place]) say("0");
  say_unsigned(fraction);
  say("\n");
}

static int choice_argument(char **argv, int index, const char *first, const char *second, const char *complaint) {
  if (argument_is(argv, index, first)) return 0;
  if (argument_is(argv, index, second)) return 1;
  refuse(argv[0], complaint, argv[index]);
}

static void describe(unsigned count) {
  say("hackbench: ");
  say_unsigned(count);
  say(count == 1 ? " group of " : " groups of ");
  say_unsigned(pairs);
  say(" senders and ");
  say_unsigned(pairs);
  say(" receivers, ");
  say(threads ? "threads over " : "processes over ");
  say(sockets ? "sockets, " : "pipes, ");
  say_unsigned(loops);
  say(" loops of ");
  say_unsigned(bytes);
  say(" bytes\n");
}

int main(int argc, char **argv) {
  static const struct limits groups_limits = {"GROUPS must be 1 to 100, not ", 1, MOST_GROUPS};
  static const struct limits loops_limits = {"LOOPS must be 1 to 1000000, not ", 1, 1000000};
  static const struct limits bytes_limits = {"BYTES must be 1 to 8192, not ", 1, MOST_BYTES};
  static const struct limits pairs_limits = {"PAIRS must be 1 to 100, not ", 1, MOST_PAIRS};
  struct moment begin, end;
  unsigned char byte = 0;

  expect_arguments(argc, argv, 6, "GROUPS LOOPS BYTES PAIRS CHANNELS TASKS");
  program = argv[0];
  unsigned count = number_argument(argv, 1, &groups_limits);
  loops = number_argument(argv, 2, &loops_limits);
  bytes = number_argument(argv, 3, &bytes_limits);
  pairs = number_argument(argv, 4, &pairs_limits);
  sockets = choice_argument(argv, 5, "pipes", "sockets", "CHANNELS must be sockets or pipes, not ");
  threads = choice_argument(argv, 6, "processes", "threads", "TASKS must be processes or threads, not ");

  describe(count);
  mark("warm");
  hint_warm();
  open_channel(ready_channel);
  open_channel(wake_channel);
  for (unsigned group = 0; group < count; group++) start_group(&groups[group]);
  for (unsigned task = 0; task < started; task++)
    if (!transfer(CALL_READ, ready_channel[READ_END], &byte, 1)) give_up("a task did not get ready");

  mark("begin");
  system_call(CALL_GETTIMEOFDAY, ADDRESS(&begin), 0, 0, 0);
  hint_begin();
  if (!transfer(CALL_WRITE, wake_channel[WRITE_END], &byte, 1)) give_up("nobody can be woken");
  await_tasks();
  system_call(CALL_GETTIMEOFDAY, ADDRESS(&end), 0, 0, 0);
  hint_end();
  mark("end");

  say_time(&begin, &end);
  return 0;
}
