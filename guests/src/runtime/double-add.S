/*
 * double __aeabi_dadd(double a, double b) and __aeabi_dsub: IEEE 754 binary64 sum and difference, rounded to nearest,
 * ties to even; subnormal numbers, infinities and NaN included. a in r1:r0, b in r3:r2, result in r1:r0.
 *
 * The operand of larger magnitude becomes a. b's significand is shifted right into r3:r2:lr, where lr holds the fraction of
 * the last place, with what lies below folded into its bit 0. A sum of subnormal numbers is exact and needs no rounding: its exponent
 * is 1, less the one that the leading bit would add.
 */
        .syntax unified
        .arch   armv5te
        .arm
        .section .text.__aeabi_dadd, "ax", %progbits
        .global __aeabi_dsub
        .type __aeabi_dsub, %function
__aeabi_dsub:
        eor     r3, r3, #0x80000000
        .size __aeabi_dsub, . - __aeabi_dsub
        .global __aeabi_dadd
        .type __aeabi_dadd, %function
__aeabi_dadd:
        push    {r4, r5, r6, r7, lr}
        mov     ip, r1, lsl #1
        cmp     ip, r3, lsl #1
        cmpeq   r0, r2
        blo     .Lswap
.Lordered:
        mov     ip, #0x700
        orr     ip, ip, #0xff
        eor     r6, r1, r3              @ bit 31: the magnitudes are subtracted
        and     r7, r1, #0x80000000
        and     r4, ip, r1, lsr #20
        ands    r5, ip, r3, lsr #20
        beq     .Lsmall
        cmp     r4, ip
        beq     .Lnot_finite
        bic     r1, r1, ip, lsl #21
        bic     r3, r3, ip, lsl #21
        orr     r1, r1, #0x100000
        orr     r3, r3, #0x100000
        sub     r5, r4, r5
.Lalign:
        cmp     r5, #32
        bhs     .Lfar
        rsb     ip, r5, #32             @ a register shift by 32 gives 0, so 0 places are no special case
        mov     lr, r2, lsl ip
        mov     r2, r2, lsr r5
        orr     r2, r2, r3, lsl ip
        mov     r3, r3, lsr r5
.Laligned:
        cmp     r6, #0
        blt     .Lsubtract
        adds    r0, r0, r2
        adc     r1, r1, r3
        tst     r1, #0x200000
        bne     .Lcarry
.Lround:
        sub     r4, r4, #1
        cmp     lr, #0x80000000
        movseq  lr, r0, lsr #1          @ a tie: the carry is the last bit
        adcs    r0, r0, #0
        adc     r1, r1, r4, lsl #20
        orr     r1, r1, r7
        pop     {r4, r5, r6, r7, pc}

.Lcarry:
        and     ip, lr, #1
        movs    r1, r1, lsr #1
        movs    r0, r0, rrx
        orr     lr, ip, lr, rrx
        add     r4, r4, #1
        sub     ip, r4, #0x700
        cmp     ip, #0xff
        bne     .Lround
        orr     r1, r7, #0x7f000000     @ beyond the largest exponent: infinity
        orr     r1, r1, #0x00f00000
        mov     r0, #0
        pop     {r4, r5, r6, r7, pc}

.Lsubtract:
        rsbs    lr, lr, #0
        sbcs    r0, r0, r2
        sbc     r1, r1, r3
        tst     r1, #0x100000
        bne     .Lround
        orrs    ip, r1, r0
        orrseq  ip, ip, lr
        moveq   r1, #0                  @ an exact zero is positive in this rounding mode
        popeq   {r4, r5, r6, r7, pc}
        clz     ip, r1                  @ places to the leading bit, at most down to exponent 1
        sub     r5, ip, #11
        cmp     r1, #0
        clzeq   ip, r0
        addeq   r5, ip, #21
        cmpeq   r0, #0
        clzeq   ip, lr
        addeq   r5, ip, #53
        sub     ip, r4, #1
        cmp     r5, ip
        movgt   r5, ip
        sub     r4, r4, r5
.Lwhole_words:
        cmp     r5, #32
        blo     .Lnormalize
        mov     r1, r0
        mov     r0, lr
        mov     lr, #0
        sub     r5, r5, #32
        b       .Lwhole_words
.Lnormalize:
        rsb     ip, r5, #32
        mov     r1, r1, lsl r5
        orr     r1, r1, r0, lsr ip
        mov     r0, r0, lsl r5
        orr     r0, r0, lr, lsr ip
        mov     lr, lr, lsl r5
        b       .Lround

.Lswap:
        mov     ip, r0
        mov     r0, r2
        mov     r2, ip
        mov     ip, r1
        mov     r1, r3
        mov     r3, ip
        b       .Lordered

.Lfar:                                  @ from 56 places on b is less than a quarter of a place: only its presence counts
        cmp     r5, #56
        movhs   lr, #1
        movhs   r2, #0
        movhs   r3, #0
        bhs     .Laligned
        sub     r5, r5, #32
        rsb     ip, r5, #32
        mov     lr, r2, lsr r5
        orr     lr, lr, r3, lsl ip
        movs    r2, r2, lsl ip
        orrne   lr, lr, #1
        mov     r2, r3, lsr r5
        mov     r3, #0
        b       .Laligned

.Lsmall:                                @ b is zero or subnormal
        cmp     r4, ip
        beq     .Lnot_finite
        orrs    lr, r2, r3, lsl #1
        beq     .Lb_zero
        bic     r1, r1, #0x80000000
        bic     r3, r3, #0x80000000
        cmp     r4, #0
        moveq   r4, #1
        bicne   r1, r1, ip, lsl #20
        orrne   r1, r1, #0x100000
        sub     r5, r4, #1
        b       .Lalign
.Lb_zero:
        orrs    lr, r0, r1, lsl #1
        andeq   r1, r1, r3              @ the sum of two zeros is negative only if both are
        pop     {r4, r5, r6, r7, pc}

.Lnot_finite:                           @ a, the larger magnitude, is a NaN or infinity
        orrs    lr, r0, r1, lsl #12
        bne     .Lquiet
        cmp     r5, ip
        poplo   {r4, r5, r6, r7, pc}
        cmp     r6, #0
        popge   {r4, r5, r6, r7, pc}    @ infinities of one sign
.Lquiet:
        orr     r1, r1, #0x00080000
        pop     {r4, r5, r6, r7, pc}
        .size __aeabi_dadd, . - __aeabi_dadd
        .section .note.GNU-stack, "", %progbits
