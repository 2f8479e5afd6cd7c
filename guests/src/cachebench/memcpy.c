/* The memcpy test of LLCbench's Cachebench: whole-buffer copies of one size. */
#include "../runtime/runtime.h"
#include "blocks.h"

BLOCKS(2);

static unsigned pattern(unsigned index) { return index * 2654435761u ^ index >> 7; }

/* Words that differ from what the source holds. */
static unsigned wrong_words(const unsigned *words, unsigned count) {
  unsigned wrong = 0;
  for (unsigned index = 0; index < count; index++) wrong += words[index] != pattern(index);
  return wrong;
}

int main(int argc, char **argv) {
  static const struct limits bytes_limits = {"BYTES must be 4 to 16777216, not ", 4, BLOCK_BYTES};
  static const struct limits passes_limits = {"PASSES must be 1 to 1000000, not ", 1, 1000000};
  struct limits warm_limits = {"WARM_BYTES must be 0 to BYTES, not ", 0, 0};

  expect_arguments(argc, argv, 3, "BYTES PASSES WARM_BYTES");
  unsigned bytes = number_argument(argv, 1, &bytes_limits);
  unsigned passes = number_argument(argv, 2, &passes_limits);
  warm_limits.most = bytes;
  unsigned warm_bytes = number_argument(argv, 3, &warm_limits);
  if (bytes % 4) refuse(argv[0], "BYTES must be a multiple of 4, not ", argv[1]);
  if (warm_bytes % 4) refuse(argv[0], "WARM_BYTES must be a multiple of 4, not ", argv[3]);

  unsigned char *source = BLOCK(0);
  unsigned char *destination = BLOCK(1);
  for (unsigned index = 0; index < bytes / 4; index++) {
    ((unsigned *)source)[index] = pattern(index);
    ((unsigned *)destination)[index] = 0;
  }

  mark("warm");
  memcpy(destination + (bytes - warm_bytes), source + (bytes - warm_bytes), warm_bytes);
  mark("begin");
  for (unsigned pass = 0; pass < passes; pass++) memcpy(destination, source, bytes);
  mark("end");

  unsigned wrong = wrong_words((const unsigned *)destination, bytes / 4);
  say("cachebench memcpy: ");
  say_unsigned(bytes);
  say(" bytes copied ");
  say_unsigned(passes);
  say(passes == 1 ? " time after " : " times after ");
  say_unsigned(warm_bytes);
  say(wrong ? " to warm up, copy WRONG\n" : " to warm up, copy OK\n");
  return wrong ? 1 : 0;
}
