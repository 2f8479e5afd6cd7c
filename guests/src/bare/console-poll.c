/*
 * Polls the flags of the console before each character, as a driver of a serial line does. Command line: characters, and how
 * often the flags are read before each.
 */
#include "workload.h"

#define CONSOLE 0x09000000u
#define DATA (*word_at(CONSOLE))
#define FLAGS (*word_at(CONSOLE + 0x18))
#define TRANSMIT_FULL (1u << 5)

static void print(uint32_t characters, uint32_t polls) {
  for (uint32_t at = 0; at < characters; at++) {
    for (uint32_t poll = 1; poll < polls; poll++) FLAGS;
    while (FLAGS & TRANSMIT_FULL) continue;
    DATA = at % 64 == 63 ? '\n' : '.';
  }
}

enum { WARM_CHARACTERS = 4 };

int main(uint32_t zero, uint32_t type, uint32_t tree) {
  (void)zero, (void)type;
  uint32_t numbers[2];
  if (!read_numbers(tree, numbers, 2, "CHARACTERS POLLS")) return 0;
  enable_memory(1);
  MARKER(1);
  print(WARM_CHARACTERS, numbers[1]);
  MARKER(2);
  print(numbers[0], numbers[1]);
  MARKER(3);
  put("\ndone\n");
  return 0;
}
