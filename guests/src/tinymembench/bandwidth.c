/* The bandwidth test of tinymembench: one kernel over two buffers that lie as tinymembench puts its own. */
#include "kernels.h"

/* tinymembench starts its buffers at these offsets from boundaries of 1 MiB, so that they do not share cache sets. */
enum { MEBIBYTE = 1 << 20, BUFFER_BYTES = 32 * MEBIBYTE, SOURCE_OFFSET = 0xaaa80, DESTINATION_OFFSET = 0x55500, UNIT = 128 };

static unsigned char pool[2 * (BUFFER_BYTES + MEBIBYTE)] __attribute__((aligned(MEBIBYTE)));

enum work { READ, READ_TWO, COPY, FILL };
static const struct test {
  const char *name;
  kernel *run;
  enum work work;
  /* Does it start at the end of its buffers? */
  int downwards;
} tests[];

static void standard_memcpy(void *destination, const void *source, size_t bytes) { memcpy(destination, source, bytes); }

static const struct test tests[] = {
    {"copy", copy, COPY, 0},
    {"copy-backwards", copy_backwards, COPY, 1},
    {"copy-backwards-32", copy_backwards_32, COPY, 1},
    {"copy-backwards-64", copy_backwards_64, COPY, 1},
    {"copy-prefetch-32", copy_prefetch_32, COPY, 0},
    {"copy-prefetch-64", copy_prefetch_64, COPY, 0},
    {"fill", fill, FILL, 0},
    {"fill-shuffle-16", fill_shuffle_16, FILL, 0},
    {"fill-shuffle-32", fill_shuffle_32, FILL, 0},
    {"fill-shuffle-64", fill_shuffle_64, FILL, 0},
    {"memcpy", standard_memcpy, COPY, 0},
    {"arm-fill-strd", arm_fill_strd, FILL, 0},
    {"arm-fill-stm8", arm_fill_stm8, FILL, 0},
    {"arm-fill-stm4", arm_fill_stm4, FILL, 0},
    {"arm-fill-stm2", arm_fill_stm2, FILL, 0},
    {"arm-copy-increment", arm_copy_increment, COPY, 0},
#if __ARM_ARCH >= 7
    {"neon-read", neon_read, READ, 0},
    {"neon-read-prefetch-32", neon_read_prefetch_32, READ, 0},
    {"neon-read-prefetch-64", neon_read_prefetch_64, READ, 0},
    {"neon-read2", neon_read2, READ_TWO, 0},
    {"neon-read2-prefetch-32", neon_read2_prefetch_32, READ_TWO, 0},
    {"neon-read2-prefetch-64", neon_read2_prefetch_64, READ_TWO, 0},
    {"neon-copy", neon_copy, COPY, 0},
    {"neon-copy-prefetch-32", neon_copy_prefetch_32, COPY, 0},
    {"neon-copy-prefetch-64", neon_copy_prefetch_64, COPY, 0},
    {"neon-copy-unrolled", neon_copy_unrolled, COPY, 0},
    {"neon-copy-backwards", neon_copy_backwards, COPY, 1},
    {"neon-copy-backwards-prefetch-64", neon_copy_backwards_prefetch_64, COPY, 1},
    {"neon-fill", neon_fill, FILL, 0},
    {"neon-fill-backwards", neon_fill_backwards, FILL, 1},
    {"vfp-copy", vfp_copy, COPY, 0},
#endif
};

static const struct test *test_argument(char **argv, int index) {
  for (unsigned test = 0; test < sizeof tests / sizeof *tests; test++)
    if (argument_is(argv, index, tests[test].name)) return &tests[test];
  refuse(argv[0], "no kernel is called ", argv[index]);
}

/* Fills repeat at most 32 bytes, so what they fill with repeats as often; copies must tell every word from its neighbours. */
static unsigned pattern(const struct test *test, unsigned index) {
  return test->work == FILL ? 0xcccccccc : index * 2654435761u ^ index >> 7;
}

/* Words of the destination that differ from what the kernel should have written. */
static unsigned wrong_words(const struct test *test, const unsigned *words, unsigned count) {
  unsigned wrong = 0;
  for (unsigned index = 0; index < count; index++) wrong += words[index] != pattern(test, index);
  return wrong;
}

int main(int argc, char **argv) {
  struct limits bytes_limits = {"BYTES must be 128 to 33554432, not ", UNIT, BUFFER_BYTES};
  struct limits warm_limits = {"WARM_BYTES must be 0 to 33554432 - BYTES, not ", 0, 0};

  expect_arguments(argc, argv, 3, "KERNEL BYTES WARM_BYTES");
  const struct test *test = test_argument(argv, 1);
  unsigned bytes = number_argument(argv, 2, &bytes_limits);
  warm_limits.most = BUFFER_BYTES - bytes;
  unsigned warm_bytes = number_argument(argv, 3, &warm_limits);
  if (bytes % UNIT) refuse(argv[0], "BYTES must be a multiple of 128, not ", argv[2]);
  if (warm_bytes % UNIT) refuse(argv[0], "WARM_BYTES must be a multiple of 128, not ", argv[3]);

  unsigned char *source = pool + SOURCE_OFFSET;
  unsigned char *destination = pool + BUFFER_BYTES + MEBIBYTE + DESTINATION_OFFSET;
  /* A kernel of two streams reads half its bytes from each. */
  unsigned advance = test->work == READ_TWO ? warm_bytes / 2 : warm_bytes;
  unsigned measured_at = test->downwards ? 0 : advance;
  unsigned warm_at = test->downwards ? bytes : 0;
  unsigned words = (bytes + warm_bytes) / 4;
  for (unsigned index = 0; index < words; index++) ((unsigned *)source)[index] = pattern(test, index);

  mark("warm");
  if (warm_bytes) test->run(destination + warm_at, source + warm_at, warm_bytes);
  mark("begin");
  test->run(destination + measured_at, source + measured_at, bytes);
  mark("end");

  int writes = test->work == COPY || test->work == FILL;
  unsigned wrong = writes ? wrong_words(test, (const unsigned *)destination, words) : 0;
  say("tinymembench bandwidth: ");
  say(test->name);
  say(" of ");
  say_unsigned(bytes);
  say(" bytes after ");
  say_unsigned(warm_bytes);
  say(wrong ? " to warm up, data WRONG\n" : " to warm up, data OK\n");
  return wrong ? 1 : 0;
}
