/*
 * double __aeabi_dmul(double a, double b): IEEE 754 binary64 product, rounded to nearest, ties to even; subnormal
 * numbers, infinities and NaN included. a in r1:r0, b in r3:r2, result in r1:r0 (ARM run-time ABI, section 4.1.2).
 *
 * Both significands are 53-bit integers, their product has 105 or 106 bits and stands in r2:ip:lr:r5. It is shifted so
 * that the leading bit is bit 20 of r1; lr then holds the fraction of the last place, with what lies below folded into
 * its bit 0. The exponent is added to r1 less one, because the leading bit adds one; so a carry out of
 * rounding moves on to the next binade, and from the largest one to infinity, by itself.
 */
        .syntax unified
        .arch   armv5te
        .arm
        /* Moves a subnormal significand's leading bit to bit 20 of \high; a register shift by 32 or more gives 0. */
        .macro  normalize high, low, exponent
        cmp     \high, #0
        clz     ip, \high
        sub     ip, ip, #11
        clzeq   ip, \low
        addeq   ip, ip, #21
        rsb     \exponent, ip, #1
        rsb     lr, ip, #32
        mov     \high, \high, lsl ip
        orr     \high, \high, \low, lsr lr
        sub     lr, ip, #32
        orr     \high, \high, \low, lsl lr
        mov     \low, \low, lsl ip
        .endm

        .section .text.__aeabi_dmul, "ax", %progbits
        .global __aeabi_dmul
        .type __aeabi_dmul, %function
__aeabi_dmul:
        push    {r4, r5, r6, lr}
        mov     ip, #0x700
        orr     ip, ip, #0xff
        ands    r4, ip, r1, lsr #20
        andsne  r5, ip, r3, lsr #20
        teqne   r4, ip
        teqne   r5, ip
        beq     .Lspecial
        add     r4, r4, r5
        eor     r6, r1, r3
        orrs    r5, r0, r1, lsl #12     @ a power of two needs no multiplication
        orrsne  r5, r2, r3, lsl #12
        beq     .Lpower_of_two
.Lsignificands:
        bic     r1, r1, ip, lsl #21
        bic     r3, r3, ip, lsl #21
        orr     r1, r1, #0x100000
        orr     r3, r3, #0x100000
.Lmultiply:
        umull   r5, lr, r0, r2
        mov     ip, #0
        umlal   lr, ip, r0, r3          @ both middle products are below 2^53: their sum cannot overflow
        umlal   lr, ip, r1, r2
        mov     r2, #0
        umlal   ip, r2, r1, r3
        cmp     r5, #0
        orrne   lr, lr, #1
        sub     r4, r4, #0x400
        tst     r2, #0x200
        beq     .Lbelow_two
        add     r4, r4, #1
        mov     r1, r2, lsl #11
        orr     r1, r1, ip, lsr #21
        mov     r0, ip, lsl #11
        orr     r0, r0, lr, lsr #21
        movs    lr, lr, lsl #11
.Lcheck_exponent:
        cmp     r4, #0x7f0              @ an exponent beyond, or a negative one, gets a closer look
        bhs     .Lexponent
.Lround:
        cmp     lr, #0x80000000
        movseq  lr, r0, lsr #1          @ a tie: the carry is the last bit
        adcs    r0, r0, #0
        adc     r1, r1, r4, lsl #20
        and     r6, r6, #0x80000000
        orr     r1, r1, r6
        pop     {r4, r5, r6, pc}

.Lbelow_two:
        mov     r1, r2, lsl #12
        orr     r1, r1, ip, lsr #20
        mov     r0, ip, lsl #12
        orr     r0, r0, lr, lsr #20
        mov     lr, lr, lsl #12
        b       .Lcheck_exponent

.Lpower_of_two:
        sub     r5, r4, #0x400
        cmp     r5, #0x7f0
        bhs     .Lsignificands
        orr     r0, r0, r2
        orr     r1, r1, r3
        mov     r1, r1, lsl #12
        mov     r1, r1, lsr #12
        add     r1, r1, #0x100000
        add     r1, r1, r5, lsl #20
        and     r6, r6, #0x80000000
        orr     r1, r1, r6
        pop     {r4, r5, r6, pc}

.Lexponent:
        cmp     r4, #0
        blt     .Lsubnormal_result
        sub     ip, r4, #0x700
        cmp     ip, #0xfe
        blt     .Lround
.Linfinity:
        and     r1, r6, #0x80000000
        orr     r1, r1, #0x7f000000
        orr     r1, r1, #0x00f00000
        mov     r0, #0
        pop     {r4, r5, r6, pc}

.Lsubnormal_result:                     @ shift right by -r4 places; from 54 on less than half a place is left
        rsb     r4, r4, #0
        cmp     r4, #54
        bge     .Lzero
        subs    r5, r4, #32
        blt     .Lshift
        mov     r4, r5
        cmp     lr, #0
        mov     lr, r0
        orrne   lr, lr, #1
        mov     r0, r1
        mov     r1, #0
.Lshift:
        rsb     ip, r4, #32             @ a register shift by 32 gives 0, so 0 places are no special case
        movs    r5, lr, lsl ip
        mov     lr, lr, lsr r4
        orr     lr, lr, r0, lsl ip
        orrne   lr, lr, #1
        mov     r0, r0, lsr r4
        orr     r0, r0, r1, lsl ip
        mov     r1, r1, lsr r4
        mov     r4, #0
        b       .Lround
.Lzero:
        and     r1, r6, #0x80000000
        mov     r0, #0
        pop     {r4, r5, r6, pc}

.Lspecial:                              @ an exponent field is 0 or 0x7ff
        eor     r6, r1, r3
        and     r4, ip, r1, lsr #20
        and     r5, ip, r3, lsr #20
        orr     lr, r0, r1, lsl #1      @ 0 if a is a zero
        cmp     r4, ip
        beq     .La_not_finite
        cmp     r5, ip
        beq     .Lb_not_finite
        cmp     lr, #0
        beq     .Lzero
        orrs    lr, r2, r3, lsl #1
        beq     .Lzero
        bic     r1, r1, ip, lsl #20
        bic     r3, r3, ip, lsl #20
        bic     r1, r1, #0x80000000
        bic     r3, r3, #0x80000000
        cmp     r4, #0
        orrne   r1, r1, #0x100000
        bne     .Lnormalize_b
        normalize r1, r0, r4
.Lnormalize_b:
        cmp     r5, #0
        orrne   r3, r3, #0x100000
        bne     .Lfinite
        normalize r3, r2, r5
.Lfinite:
        add     r4, r4, r5
        b       .Lmultiply

.La_not_finite:
        orrs    lr, r0, r1, lsl #12
        bne     .Lquiet                 @ a is a NaN
        cmp     r5, ip
        beq     .Lb_not_finite_a_infinite
        orrs    lr, r2, r3, lsl #1
        bne     .Linfinity
        b       .Linvalid
.Lb_not_finite:
        orrs    ip, r2, r3, lsl #12
        bne     .Lb_quiet
        cmp     lr, #0
        bne     .Linfinity
.Linvalid:                              @ infinity times zero
        mov     r1, #0x7f000000
        orr     r1, r1, #0x00f80000
        mov     r0, #0
        pop     {r4, r5, r6, pc}
.Lb_not_finite_a_infinite:
        orrs    lr, r2, r3, lsl #12
        beq     .Linfinity
.Lb_quiet:
        mov     r0, r2
        mov     r1, r3
.Lquiet:
        orr     r1, r1, #0x00080000
        pop     {r4, r5, r6, pc}
        .size __aeabi_dmul, . - __aeabi_dmul
        .section .note.GNU-stack, "", %progbits
