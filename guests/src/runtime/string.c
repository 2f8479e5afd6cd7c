/* The byte-wise forms that a portable C library has: an ARMv5 tool chain has no others for strcmp and strcpy. */
#include "runtime.h"

char *strcpy(char *destination, const char *source) {
  char *to = destination;
  while ((*to++ = *source++)) {
  }
  return destination;
}

void *memset(void *destination, int value, size_t bytes) {
  unsigned char *to = destination;
  while (bytes--) *to++ = (unsigned char)value;
  return destination;
}
