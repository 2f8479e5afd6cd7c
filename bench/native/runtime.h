/* Stands for guests/src/runtime/runtime.h (by -include) where a guest is built for the machine that measures it: same functions, the C library's types. */
#ifndef TRAPWALK_RUNTIME_H
#define TRAPWALK_RUNTIME_H

#include <string.h>

void mark(const char *name);
void say(const char *text);
void say_unsigned(unsigned value);
void say_hexadecimal(unsigned value);
void refuse(const char *program, const char *what, const char *argument) __attribute__((noreturn));

struct limits {
  const char *name;
  unsigned least, most;
};
unsigned number_argument(char **argv, int index, const struct limits *limits);
int argument_is(char **argv, int index, const char *name);
void expect_arguments(int argc, char **argv, int expected, const char *usage);

#endif
