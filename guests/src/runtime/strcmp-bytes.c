/* Generic strcmp: one byte of each string a turn. */
#include "runtime.h"

int strcmp(const char *left, const char *right) {
  const unsigned char *l = (const unsigned char *)left;
  const unsigned char *r = (const unsigned char *)right;
  unsigned a, b;
  do {
    a = *l++;
    b = *r++;
    if (a == 0) break;
  } while (a == b);
  return (int)(a - b);
}
