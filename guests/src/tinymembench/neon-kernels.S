/*
 * Bandwidth kernels with Advanced SIMD and VFP registers: r0 destination (or second stream), r1 source, r2 bytes. What a read
 * kernel sums up is left in no register that the ABI keeps, so nothing is saved but what copies use.
 */
#if __ARM_ARCH >= 7
        .syntax unified
        .arch   armv7-a
        .fpu    neon-vfpv4
        .arm

        .macro  kernel name
        .section .text.\name, "ax", %progbits
        .global \name
        .type \name, %function
\name:
        .endm

        .macro  turns name, step
        subs    r2, r2, #\step
        bhi     .L\name
        bx      lr
        .size \name, . - \name
        .endm

        @ 64 bytes from two registers that may be the same; 0 is no PLD
        .macro  sum_line first, second, pld_first, pld_second
        vld1.32 {q0, q1}, [\first]!
        vadd.i32 q15, q15, q3
        .if     \pld_first
        pld     [\first, #\pld_first]
        .endif
        vadd.i32 q12, q12, q0
        vld1.32 {q2, q3}, [\second]!
        vadd.i32 q13, q13, q1
        .if     \pld_second
        pld     [\second, #\pld_second]
        .endif
        vadd.i32 q14, q14, q2
        .endm

        .macro  read_kernel name, first, second, pld_first, pld_second
        kernel  \name
.L\name:
        sum_line \first, \first, \pld_first, \pld_second
        sum_line \second, \second, \pld_first, \pld_second
        turns   \name, 128
        .endm

        @ 32 bytes of one stream, 32 of the other
        .macro  read_alternating name, pld_both
        kernel  \name
.L\name:
        sum_line r1, r0, \pld_both, \pld_both
        sum_line r1, r0, \pld_both, \pld_both
        turns   \name, 128
        .endm

        read_kernel neon_read, r1, r1, 0, 0
        read_kernel neon_read_prefetch_32, r1, r1, 512, 512
        read_kernel neon_read_prefetch_64, r1, r1, 0, 512
        read_alternating neon_read2, 0
        read_alternating neon_read2_prefetch_32, 512
        read_kernel neon_read2_prefetch_64, r1, r0, 0, 512

        .macro  copy_half step
        vld1.8  {d0-d3}, [r1]\step
        vst1.8  {d0-d3}, [r0]\step
        .endm

        kernel  neon_copy
.Lneon_copy:
        copy_half !
        turns   neon_copy, 32

        kernel  neon_copy_prefetch_32
.Lneon_copy_prefetch_32:
        pld     [r1, #256]
        copy_half !
        turns   neon_copy_prefetch_32, 32

        kernel  neon_copy_prefetch_64
.Lneon_copy_prefetch_64:
        pld     [r1, #256]
        copy_half !
        copy_half !
        turns   neon_copy_prefetch_64, 64

        kernel  neon_copy_unrolled
        vpush   {d8-d15}
.Lneon_copy_unrolled:
        .irp    pair, "d0-d3", "d4-d7", "d8-d11", "d12-d15"
        vld1.64 {\pair}, [r1]!
        .endr
        .irp    pair, "d0-d3", "d4-d7", "d8-d11", "d12-d15"
        vst1.64 {\pair}, [r0]!
        .endr
        subs    r2, r2, #128
        bhi     .Lneon_copy_unrolled
        vpop    {d8-d15}
        bx      lr
        .size neon_copy_unrolled, . - neon_copy_unrolled

        .macro  from_end
        add     r1, r1, r2
        add     r0, r0, r2
        sub     r1, r1, #32
        sub     r0, r0, #32
        mov     r3, #-32
        .endm

        kernel  neon_copy_backwards
        from_end
.Lneon_copy_backwards:
        copy_half ", r3"
        turns   neon_copy_backwards, 32

        kernel  neon_copy_backwards_prefetch_64
        from_end
.Lneon_copy_backwards_prefetch_64:
        pld     [r1, #-256]
        copy_half ", r3"
        copy_half ", r3"
        turns   neon_copy_backwards_prefetch_64, 64

        kernel  neon_fill
        vld1.8  {d0-d3}, [r1]
.Lneon_fill:
        vst1.8  {d0-d3}, [r0]!
        vst1.8  {d0-d3}, [r0]!
        turns   neon_fill, 64

        kernel  neon_fill_backwards
        vld1.8  {d0-d3}, [r1]
        from_end
.Lneon_fill_backwards:
        vst1.8  {d0-d3}, [r0], r3
        turns   neon_fill_backwards, 32

        kernel  vfp_copy
        vpush   {d8-d15}
.Lvfp_copy:
        vldm    r1!, {d0-d15}
        vstm    r0!, {d0-d15}
        subs    r2, r2, #128
        bhi     .Lvfp_copy
        vpop    {d8-d15}
        bx      lr
        .size vfp_copy, . - vfp_copy
#endif
        .section .note.GNU-stack, "", %progbits
