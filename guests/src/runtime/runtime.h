/* What the guests use instead of a C library. Linux user mode, A32, EABI system calls. */
#ifndef TRAPWALK_RUNTIME_H
#define TRAPWALK_RUNTIME_H

typedef unsigned int size_t;

void *memcpy(void *destination, const void *source, size_t bytes);
void *memset(void *destination, int value, size_t bytes);
int strcmp(const char *left, const char *right);
char *strcpy(char *destination, const char *source);

/* Announces a phase: name is "warm", "begin" or "end". */
void mark(const char *name);

/* Text for standard output is held back until its newline, so that a line is one write. */
void say(const char *text);
void say_unsigned(unsigned value);
void say_hexadecimal(unsigned value);

/* Complains on standard error and exits with status 2. */
void refuse(const char *program, const char *what, const char *argument) __attribute__((noreturn));

struct limits {
  const char *name;
  unsigned least, most;
};
/* Argument `index` as a decimal number within its limits; refuses anything else. */
unsigned number_argument(char **argv, int index, const struct limits *limits);
/* Is argument `index` this name? Byte by byte, so that the instructions executed do not depend on where arguments lie. */
int argument_is(char **argv, int index, const char *name);
void expect_arguments(int argc, char **argv, int expected, const char *usage);

#endif
