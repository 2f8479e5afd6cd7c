/* The read/modify/write test of LLCbench's Cachebench with element type int: one addition to each element. */
#include "../runtime/runtime.h"
#include "blocks.h"

BLOCKS(1);

/* Cachebench declares its loop variables `register` when built with -DREGISTER, as its makefiles do; only at -O0 does it matter. */
#ifdef REGISTER
#define LOOP_VARIABLE register
#else
#define LOOP_VARIABLE
#endif

static void __attribute__((noinline)) increment(LOOP_VARIABLE int *elements, LOOP_VARIABLE int first, LOOP_VARIABLE int limit) {
  for (LOOP_VARIABLE int index = first; index < limit; index++) elements[index]++;
}

static int wrong_elements(const int *elements, int count, int warm_count, int passes) {
  int wrong = 0;
  for (int index = 0; index < count; index++) {
    int expected = index + passes + (index >= count - warm_count);
    wrong += elements[index] != expected;
  }
  return wrong;
}

int main(int argc, char **argv) {
  static const struct limits bytes_limits = {"BYTES must be 4 to 16777216, not ", 4, BLOCK_BYTES};
  static const struct limits passes_limits = {"PASSES must be 1 to 1000000, not ", 1, 1000000};
  struct limits warm_limits = {"WARM_BYTES must be 0 to BYTES, not ", 0, 0};

  expect_arguments(argc, argv, 3, "BYTES PASSES WARM_BYTES");
  unsigned bytes = number_argument(argv, 1, &bytes_limits);
  int passes = (int)number_argument(argv, 2, &passes_limits);
  warm_limits.most = bytes;
  unsigned warm_bytes = number_argument(argv, 3, &warm_limits);
  if (bytes % 4) refuse(argv[0], "BYTES must be a multiple of 4, not ", argv[1]);
  if (warm_bytes % 4) refuse(argv[0], "WARM_BYTES must be a multiple of 4, not ", argv[3]);

  int *elements = (int *)BLOCK(0);
  int count = (int)(bytes / 4);
  int warm_count = (int)(warm_bytes / 4);
  for (int index = 0; index < count; index++) elements[index] = index;

  mark("warm");
  increment(elements, count - warm_count, count);
  mark("begin");
  for (int pass = 0; pass < passes; pass++) increment(elements, 0, count);
  mark("end");

  int wrong = wrong_elements(elements, count, warm_count, passes);
  say("cachebench rmw: ");
  say_unsigned((unsigned)count);
  say(" ints incremented ");
  say_unsigned((unsigned)passes);
  say(passes == 1 ? " time after " : " times after ");
  say_unsigned((unsigned)warm_count);
  say(wrong ? " to warm up, values WRONG\n" : " to warm up, values OK\n");
  return wrong ? 1 : 0;
}
