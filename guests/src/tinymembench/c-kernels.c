/* The bandwidth kernels that tinymembench has in C: eight bytes an access, in a given order within 64 bytes. */
#include "kernels.h"

typedef unsigned long long word;
enum { LINE_WORDS = 8, LINE_BYTES = 64, AHEAD_WORDS = 32 };

#define INLINE static inline __attribute__((always_inline))

/* Four words are read before the first is written; writes keep the order given, since they are volatile. */
INLINE void move(volatile word *to, const word *from, int a, int b, int c, int d) {
  word first = from[a], second = from[b], third = from[c], fourth = from[d];
  to[a] = first;
  to[b] = second;
  to[c] = third;
  to[d] = fourth;
}

#define UPWARDS(destination, source, bytes)                                                       \
  volatile word *to = (destination);                                                              \
  const word *from = (source);                                                                    \
  for (size_t line = (bytes) / LINE_BYTES; line > 0; line--, to += LINE_WORDS, from += LINE_WORDS)

#define DOWNWARDS(destination, source, bytes)                                                     \
  volatile word *to = (volatile word *)((char *)(destination) + (bytes)) - LINE_WORDS;            \
  const word *from = (const word *)((const char *)(source) + (bytes)) - LINE_WORDS;               \
  for (size_t line = (bytes) / LINE_BYTES; line > 0; line--, to -= LINE_WORDS, from -= LINE_WORDS)

void copy(void *destination, const void *source, size_t bytes) {
  UPWARDS(destination, source, bytes) {
    move(to, from, 0, 1, 2, 3);
    move(to, from, 4, 5, 6, 7);
  }
}

void copy_prefetch_32(void *destination, const void *source, size_t bytes) {
  UPWARDS(destination, source, bytes) {
    __builtin_prefetch(from + AHEAD_WORDS);
    move(to, from, 0, 1, 2, 3);
    __builtin_prefetch(from + AHEAD_WORDS + LINE_WORDS / 2);
    move(to, from, 4, 5, 6, 7);
  }
}

void copy_prefetch_64(void *destination, const void *source, size_t bytes) {
  UPWARDS(destination, source, bytes) {
    __builtin_prefetch(from + AHEAD_WORDS);
    move(to, from, 0, 1, 2, 3);
    move(to, from, 4, 5, 6, 7);
  }
}

void copy_backwards(void *destination, const void *source, size_t bytes) {
  DOWNWARDS(destination, source, bytes) {
    move(to, from, 7, 6, 5, 4);
    move(to, from, 3, 2, 1, 0);
  }
}

void copy_backwards_32(void *destination, const void *source, size_t bytes) {
  DOWNWARDS(destination, source, bytes) {
    move(to, from, 4, 5, 6, 7);
    move(to, from, 0, 1, 2, 3);
  }
}

void copy_backwards_64(void *destination, const void *source, size_t bytes) {
  DOWNWARDS(destination, source, bytes) {
    move(to, from, 0, 1, 2, 3);
    move(to, from, 4, 5, 6, 7);
  }
}

#define FILL(name, a, b, c, d, e, f, g, h)                                \
  void name(void *destination, const void *source, size_t bytes) {        \
    const word value = *(const word *)source;                             \
    volatile word *to = destination;                                      \
    for (size_t line = bytes / LINE_BYTES; line > 0; line--) {            \
      to[a] = value, to[b] = value, to[c] = value, to[d] = value;         \
      to[e] = value, to[f] = value, to[g] = value, to[h] = value;         \
      to += LINE_WORDS;                                                   \
    }                                                                     \
  }

FILL(fill, 0, 1, 2, 3, 4, 5, 6, 7)
FILL(fill_shuffle_16, 0, 1, 3, 2, 5, 4, 6, 7)
FILL(fill_shuffle_32, 3, 0, 2, 1, 7, 4, 6, 5)
FILL(fill_shuffle_64, 5, 2, 7, 6, 1, 3, 0, 4)
