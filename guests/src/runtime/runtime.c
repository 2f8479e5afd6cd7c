/* System calls, text output and argument checks. Numbers are those of the ARM EABI (arch/arm/tools/syscall.tbl). */
#include "runtime.h"

enum { SYSTEM_EXIT_GROUP = 248, SYSTEM_WRITE = 4, SYSTEM_PRCTL = 172 };
enum { PR_SET_NAME = 15, STANDARD_OUTPUT = 1, STANDARD_ERROR = 2, LINE_BYTES = 256 };

static int system_call(int number, int first, const void *second, int third) {
  register int r7 __asm__("r7") = number;
  register int r0 __asm__("r0") = first;
  register const void *r1 __asm__("r1") = second;
  register int r2 __asm__("r2") = third;
  __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
  return r0;
}

void mark(const char *name) {
  /* The kernel keeps 15 characters and the terminating zero. */
  char text[16] = "trapwalk:";
  int length = 9;
  while (length < 15 && *name) text[length++] = *name++;
  text[length] = 0;
  register int r7 __asm__("r7") = SYSTEM_PRCTL;
  register int r0 __asm__("r0") = PR_SET_NAME;
  register const char *r1 __asm__("r1") = text;
  __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1) : "memory");
}

static char line[LINE_BYTES];
static int line_length;

static void flush(int descriptor) {
  system_call(SYSTEM_WRITE, descriptor, line, line_length);
  line_length = 0;
}

static void put(char character, int descriptor) {
  line[line_length++] = character;
  if (character == '\n' || line_length == LINE_BYTES) flush(descriptor);
}

void say(const char *text) {
  while (*text) put(*text++, STANDARD_OUTPUT);
}

void say_unsigned(unsigned value) {
  /* Subtracting powers of ten spares a division helper. */
  static const unsigned powers[] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
  int place = 0;
  while (place < 9 && powers[place] > value) place++;
  for (; place < 10; place++) {
    char digit = '0';
    for (; value >= powers[place]; value -= powers[place]) digit++;
    put(digit, STANDARD_OUTPUT);
  }
}

void say_hexadecimal(unsigned value) {
  for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15], STANDARD_OUTPUT);
}

static void complain(const char *text) {
  while (*text) put(*text++, STANDARD_ERROR);
}

static void leave(int status) __attribute__((noreturn));
static void leave(int status) {
  system_call(SYSTEM_EXIT_GROUP, status, 0, 0);
  __builtin_unreachable();
}

void refuse(const char *program, const char *what, const char *argument) {
  complain(program);
  complain(": ");
  complain(what);
  complain(argument);
  complain("\n");
  leave(2);
}

void expect_arguments(int argc, char **argv, int expected, const char *usage) {
  if (argc != expected + 1) refuse(argv[0], "arguments are ", usage);
}

unsigned number_argument(char **argv, int index, const struct limits *limits) {
  const char *text = argv[index];
  unsigned value = 0;
  int valid = *text != 0;
  for (; *text && valid; text++) {
    unsigned digit = (unsigned)(*text - '0');
    valid = digit <= 9 && (value < 429496729u || (value == 429496729u && digit <= 5));
    value = value * 10 + digit;
  }
  if (!valid || value < limits->least || value > limits->most) refuse(argv[0], limits->name, argv[index]);
  return value;
}

int argument_is(char **argv, int index, const char *name) {
  const char *text = argv[index];
  for (; *name && *text == *name; text++) name++;
  return *text == *name;
}
