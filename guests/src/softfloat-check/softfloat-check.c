/*
 * Products, sums and differences of all pairs of special values, then of pseudo-random pairs, as one hash for each
 * operation. Processors with floating-point hardware and without must print the same.
 */
#include "../runtime/runtime.h"

typedef union {
  double value;
  unsigned long long bits;
  unsigned words[2];
} number;

static const unsigned long long special[] = {
    0x0000000000000000, 0x0000000000000001, 0x0000000000000002, 0x00000000000007ff, 0x0000000000000800,
    0x0000000080000000, 0x00000000ffffffff, 0x0000000100000000, 0x0007ffffffffffff, 0x0008000000000000,
    0x000fffffffffffff, 0x0010000000000000, 0x0010000000000001, 0x001fffffffffffff, 0x0020000000000000,
    0x0170000000000000, 0x01e0000000000001, 0x1ff0000000000000, 0x1fffffffffffffff, 0x2000000000000000,
    0x3c90000000000000, 0x3ca0000000000000, 0x3ca0000000000001, 0x3cb0000000000000, 0x3fe0000000000000,
    0x3fefffffffffffff, 0x3ff0000000000000, 0x3ff0000000000001, 0x3fffffffffffffff, 0x4000000000000000,
    0x4008000000000000, 0x4330000000000000, 0x433fffffffffffff, 0x4340000000000000, 0x5fefffffffffffff,
    0x5ff0000000000000, 0x6000000000000001, 0x7fd0000000000000, 0x7fdfffffffffffff, 0x7fe0000000000000,
    0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 0x7fffffffffffffff,
};
enum { SPECIAL = sizeof special / sizeof special[0], OPERATIONS = 3 };

static unsigned hashes[OPERATIONS] = {2166136261u, 2166136261u, 2166136261u};

/* FNV-1a over 32-bit words; which NaN an operation gives is left open, so all count as one. */
static void hash(int operation, double result) {
  number shown = {result};
  if ((shown.bits & 0x7fffffffffffffff) > 0x7ff0000000000000) shown.bits = 0x7ff8000000000000;
  hashes[operation] = (hashes[operation] ^ shown.words[0]) * 16777619u;
  hashes[operation] = (hashes[operation] ^ shown.words[1]) * 16777619u;
}

static void check(unsigned long long left, unsigned long long right) {
  number l, r;
  l.bits = left;
  r.bits = right;
  hash(0, l.value * r.value);
  hash(1, l.value + r.value);
  hash(2, l.value - r.value);
}

/* Marsaglia's 32-bit xorshift. */
static unsigned random_word(void) {
  static unsigned state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static unsigned long long random_bits(void) {
  unsigned long long high = random_word();
  return high << 32 | random_word();
}

/* A number of exponent and sign like `of`, at most 63 binary places away: such sums have to be aligned and cancelled. */
static unsigned long long near(unsigned long long of, unsigned long long bits) {
  unsigned exponent = ((unsigned)(of >> 52) + (unsigned)(bits >> 52) % 127 - 63) & 0x7ff;
  return (bits & 0x800fffffffffffff) | (unsigned long long)exponent << 52;
}

int main(int argc, char **argv) {
  static const struct limits pairs_limits = {"PAIRS must be 1 to 100000000, not ", 1, 100000000};
  static const char *const names[OPERATIONS] = {"multiply", "add", "subtract"};

  expect_arguments(argc, argv, 1, "PAIRS");
  unsigned pairs = number_argument(argv, 1, &pairs_limits);
  for (int left = 0; left < SPECIAL; left++)
    for (int right = 0; right < SPECIAL; right++) {
      check(special[left], special[right]);
      check(special[left] | 1ULL << 63, special[right]);
    }
  for (unsigned pair = 0; pair < pairs; pair++) {
    unsigned long long left = random_bits();
    unsigned long long right = random_bits();
    check(left, right);
    check(left, near(left, right));
    /* Few significant bits make exact results and ties. */
    check(left & 0xffffffff00000000, near(left, right) & 0xfffffff800000000);
    /* Exponents that add up to about the smallest one make subnormal products. */
    check((left & 0x800fffffffffffff) | 0x1ff0000000000000, (right & 0x801fffffffffffff) | (right >> 58) << 52 | 0x1fc0000000000000);
  }
  say("softfloat-check: ");
  say_unsigned(pairs);
  say(" pairs\n");
  for (int operation = 0; operation < OPERATIONS; operation++) {
    say(names[operation]);
    say(" ");
    say_hexadecimal(hashes[operation]);
    say("\n");
  }
  return 0;
}
