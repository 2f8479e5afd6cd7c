/*
 * The four kernels of STREAM 5.10 on static arrays of 2 000 000 doubles, with its start values, the doubling pass before the
 * measurement and its check. Chosen kernels run in the order given; one run of one of them is the measured one.
 */
#include "../runtime/runtime.h"

enum { ARRAY_ELEMENTS = 2000000, WARM_ELEMENTS = 65536, DOUBLING = 'd' };

static double a[ARRAY_ELEMENTS], b[ARRAY_ELEMENTS], c[ARRAY_ELEMENTS];

static void __attribute__((noinline)) copy(int first, int limit) {
  for (int j = first; j < limit; j++) c[j] = a[j];
}

static void __attribute__((noinline)) scale(int first, int limit) {
  double scalar = 3.0;
  for (int j = first; j < limit; j++) b[j] = scalar * c[j];
}

static void __attribute__((noinline)) add(int first, int limit) {
  for (int j = first; j < limit; j++) c[j] = a[j] + b[j];
}

static void __attribute__((noinline)) triad(int first, int limit) {
  double scalar = 3.0;
  for (int j = first; j < limit; j++) a[j] = b[j] + scalar * c[j];
}

static void __attribute__((noinline)) doubling(int first, int limit) {
  for (int j = first; j < limit; j++) a[j] = 2.0E0 * a[j];
}

static void run(char kernel, int first, int limit) {
  switch (kernel) {
    case 'c':
      copy(first, limit);
      break;
    case 's':
      scale(first, limit);
      break;
    case 'a':
      add(first, limit);
      break;
    case 't':
      triad(first, limit);
      break;
    default:
      doubling(first, limit);
  }
}

/* The kernel before the measured one is split, so that its last elements can warm the caches by the same code. */
static void run_with_warm_tail(char kernel, int elements) {
  int split = elements > WARM_ELEMENTS ? elements - WARM_ELEMENTS : 0;
  run(kernel, 0, split);
  mark("warm");
  run(kernel, split, elements);
  mark("begin");
}

struct scalars {
  double a, b, c;
};

static void replay(struct scalars *values, char kernel) {
  const double scalar = 3.0;
  switch (kernel) {
    case 'c':
      values->c = values->a;
      break;
    case 's':
      values->b = scalar * values->c;
      break;
    case 'a':
      values->c = values->a + values->b;
      break;
    case 't':
      values->a = values->b + scalar * values->c;
      break;
    default:
      values->a = 2.0E0 * values->a;
  }
}

typedef union {
  double value;
  unsigned long long bits;
} number;

static const unsigned long long SIGN = 1ULL << 63;

/* Whether the mean difference from `expected`, a positive number, exceeds 1e-13 of it. */
static int is_wrong(const double *array, double expected, int elements) {
  number sum = {0.0}, count, tolerance;
  for (int j = 0; j < elements; j++) {
    number element = {array[j]}, wanted = {expected}, difference;
    /* Equal bits add nothing; skipping them spares the soft-float builds half of their run. */
    if (element.bits == wanted.bits) continue;
    difference.value = array[j] - expected;
    difference.bits &= ~SIGN;
    sum.value = sum.value + difference.value;
  }
  /* 2^52 + n - 2^52 makes an integer a double; numbers that are not negative compare as their bits do. */
  count.bits = 0x4330000000000000ULL | (unsigned)elements;
  count.value = count.value - 4503599627370496.0;
  tolerance.value = 1e-13 * expected * count.value;
  return sum.bits > tolerance.bits;
}

static void say_value(const char *name, double value) {
  number shown = {value};
  say(name);
  say(" 0x");
  say_hexadecimal((unsigned)(shown.bits >> 32));
  say_hexadecimal((unsigned)shown.bits);
}

static int index_of(const char *letters, char letter) {
  for (int index = 0; letters[index]; index++)
    if (letters[index] == letter) return index;
  return -1;
}

int main(int argc, char **argv) {
  static const struct limits times_limits = {"NTIMES must be 1 to 100, not ", 1, 100};
  static const struct limits elements_limits = {"ELEMENTS must be 1 to 2000000, not ", 1, ARRAY_ELEMENTS};

  expect_arguments(argc, argv, 4, "NTIMES ELEMENTS KERNELS ROI_LETTER");
  int times = (int)number_argument(argv, 1, &times_limits);
  int elements = (int)number_argument(argv, 2, &elements_limits);
  const char *kernels = argv[3];
  int kernel_count = 0;
  for (; kernels[kernel_count]; kernel_count++)
    if (index_of("csat", kernels[kernel_count]) < 0) refuse(argv[0], "KERNELS are letters of csat, not ", kernels);
  if (kernel_count == 0) refuse(argv[0], "KERNELS are letters of csat, not nothing", "");
  int chosen = index_of(kernels, argv[4][0]);
  if (argv[4][0] == 0 || argv[4][1] != 0 || chosen < 0) refuse(argv[0], "ROI_LETTER must be one of KERNELS, not ", argv[4]);

  struct scalars values = {1.0, 2.0, 0.0};
  for (int j = 0; j < elements; j++) {
    a[j] = 1.0;
    b[j] = 2.0;
    c[j] = 0.0;
  }

  /* Runs are numbered through all passes; the doubling pass is the one before run 0. */
  int measured = (times - 1) * kernel_count + chosen;
  int total = times * kernel_count;
  char kernel = DOUBLING;
  for (int index = -1, position = 0; index < total; index++) {
    if (index + 1 == measured) run_with_warm_tail(kernel, elements);
    else run(kernel, 0, elements);
    if (index == measured) mark("end");
    replay(&values, kernel);
    kernel = kernels[position];
    position = kernels[position + 1] ? position + 1 : 0;
  }

  int wrong = is_wrong(a, values.a, elements) | is_wrong(b, values.b, elements) | is_wrong(c, values.c, elements);
  say("stream: ");
  say_unsigned((unsigned)elements);
  say(" elements, kernels ");
  say(kernels);
  say(", ");
  say_unsigned((unsigned)times);
  say(times == 1 ? " pass, measured " : " passes, measured ");
  say(argv[4]);
  say("\n");
  say_value("stream:", values.a);
  say_value(",", values.b);
  say_value(",", values.c);
  say(wrong ? " WRONG\n" : " OK\n");
  return wrong ? 1 : 0;
}
