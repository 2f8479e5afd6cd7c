/* The guests' runtime over the C library. Phases are announced to nobody: everything counts. */
#include "runtime.h"

#include <stdio.h>
#include <stdlib.h>

void mark(const char *name) { (void)name; }
void say(const char *text) { fputs(text, stdout); }
void say_unsigned(unsigned value) { printf("%u", value); }
void say_hexadecimal(unsigned value) { printf("%08x", value); }

void refuse(const char *program, const char *what, const char *argument) {
  fprintf(stderr, "%s: %s%s\n", program, what, argument);
  exit(2);
}

void expect_arguments(int argc, char **argv, int expected, const char *usage) {
  if (argc != expected + 1) refuse(argv[0], "arguments are ", usage);
}

unsigned number_argument(char **argv, int index, const struct limits *limits) {
  char *end;
  const unsigned long value = strtoul(argv[index], &end, 10);
  if (*end || value < limits->least || value > limits->most) refuse(argv[0], limits->name, argv[index]);
  return (unsigned)value;
}

int argument_is(char **argv, int index, const char *name) { return strcmp(argv[index], name) == 0; }
