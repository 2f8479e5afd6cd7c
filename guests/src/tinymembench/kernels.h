/* Kernels of the bandwidth test. `bytes` is a multiple of 128, both addresses are multiples of 128. */
#ifndef TINYMEMBENCH_KERNELS_H
#define TINYMEMBENCH_KERNELS_H

#include "../runtime/runtime.h"

typedef void kernel(void *destination, const void *source, size_t bytes);

/* c-kernels.c */
kernel copy, copy_backwards, copy_backwards_32, copy_backwards_64, copy_prefetch_32, copy_prefetch_64;
kernel fill, fill_shuffle_16, fill_shuffle_32, fill_shuffle_64;

/* arm-kernels.S */
kernel arm_fill_strd, arm_fill_stm8, arm_fill_stm4, arm_fill_stm2, arm_copy_increment;

/* neon-kernels.S, in builds for ARMv7 */
kernel neon_read, neon_read_prefetch_32, neon_read_prefetch_64;
kernel neon_read2, neon_read2_prefetch_32, neon_read2_prefetch_64;
kernel neon_copy, neon_copy_prefetch_32, neon_copy_prefetch_64, neon_copy_unrolled;
kernel neon_copy_backwards, neon_copy_backwards_prefetch_64;
kernel neon_fill, neon_fill_backwards, vfp_copy;

#endif
