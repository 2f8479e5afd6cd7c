/* The random reads of tinymembench's latency test: addresses from a linear congruential generator that the byte read feeds. */
#include "../runtime/runtime.h"

enum { BUFFER_BITS = 26, PAGE_BYTES = 4096, MULTIPLIER = 1103515245, INCREMENT = 12345, SINGLE_STEPS = 3, DUAL_STEPS = 5 };

static unsigned char buffer[1 << BUFFER_BITS] __attribute__((aligned(PAGE_BYTES)));

/* reads.S: `count` turns from `seed`; each adds to the generator what it read, which is 0. Returns the last state. */
unsigned read_single(const unsigned char *base, unsigned count, unsigned mask, unsigned seed);
unsigned read_dual(const unsigned char *base, unsigned count, unsigned mask, unsigned seed);

static const struct mode {
  const char *name;
  unsigned (*run)(const unsigned char *, unsigned, unsigned, unsigned);
  unsigned steps;
} modes[] = {{"single", read_single, SINGLE_STEPS}, {"dual", read_dual, DUAL_STEPS}};

static const struct mode *mode_argument(char **argv, int index) {
  for (unsigned mode = 0; mode < sizeof modes / sizeof *modes; mode++)
    if (argument_is(argv, index, modes[mode].name)) return &modes[mode];
  refuse(argv[0], "MODE must be single or dual, not ", argv[index]);
}

/* The generator's state after `steps` steps from 0 if every byte read is 0. */
static unsigned state_after(unsigned steps) {
  unsigned state = 0;
  while (steps--) state = state * MULTIPLIER + INCREMENT;
  return state;
}

int main(int argc, char **argv) {
  static const struct limits bits_limits = {"BITS must be 1 to 26, not ", 1, BUFFER_BITS};
  static const struct limits count_limits = {"COUNT must be 1 to 100000000, not ", 1, 100000000};
  static const struct limits warm_limits = {"WARM_COUNT must be 0 to 100000000, not ", 0, 100000000};
  struct limits place_limits = {"PLACE must be below 2 to the power of 26 - BITS, not ", 0, 0};

  expect_arguments(argc, argv, 5, "MODE BITS COUNT WARM_COUNT PLACE");
  const struct mode *mode = mode_argument(argv, 1);
  unsigned bits = number_argument(argv, 2, &bits_limits);
  unsigned count = number_argument(argv, 3, &count_limits);
  unsigned warm_count = number_argument(argv, 4, &warm_limits);
  place_limits.most = (1u << (BUFFER_BITS - bits)) - 1;
  const unsigned char *base = buffer + (number_argument(argv, 5, &place_limits) << bits);
  unsigned mask = (1u << bits) - 1;

  mark("warm");
  unsigned seed = warm_count == 0 ? 0 : mode->run(base, warm_count, mask, 0);
  mark("begin");
  seed = mode->run(base, count, mask, seed);
  mark("end");

  int wrong = seed != state_after((warm_count + count) * mode->steps);
  say("tinymembench latency: ");
  say_unsigned(count);
  say(" ");
  say(mode->name);
  say(" reads of 2^");
  say_unsigned(bits);
  say(" bytes after ");
  say_unsigned(warm_count);
  say(wrong ? " to warm up, state WRONG\n" : " to warm up, state OK\n");
  return wrong;
}
