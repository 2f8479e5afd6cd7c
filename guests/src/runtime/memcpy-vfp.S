/*
 * memcpy for ARMv7 with VFP: eight VLDR and eight VSTR of a double word for each 64 bytes and no PLD. The first double
 * word of a line is read five lines before it is stored, so that the read does a prefetch's work. Buffers whose
 * distance is not a multiple of 8 are copied byte by byte.
 */
        .syntax unified
        .arch   armv7-a
        .fpu    vfpv4-d16
        .arm

        .equ    AHEAD, 5 * 64

        .macro  copy_line head, offset
        vstr    \head, [r0, #\offset]
        vldr    d5, [r1, #\offset + 8]
        vldr    d6, [r1, #\offset + 16]
        vldr    d7, [r1, #\offset + 24]
        vldr    \head, [r1, #\offset + AHEAD]
        vstr    d5, [r0, #\offset + 8]
        vldr    d5, [r1, #\offset + 32]
        vstr    d6, [r0, #\offset + 16]
        vldr    d6, [r1, #\offset + 40]
        vstr    d7, [r0, #\offset + 24]
        vldr    d7, [r1, #\offset + 48]
        vstr    d5, [r0, #\offset + 32]
        vldr    d5, [r1, #\offset + 56]
        vstr    d6, [r0, #\offset + 40]
        vstr    d7, [r0, #\offset + 48]
        vstr    d5, [r0, #\offset + 56]
        .endm

        .section .text.memcpy, "ax", %progbits
        .global memcpy
        .type memcpy, %function
memcpy:
        push    {r0}
        eor     r3, r0, r1
        tst     r3, #7
        bne     .Lbytes
.Lalign:
        tst     r1, #7
        beq     .Laligned
        subs    r2, r2, #1
        blo     .Lreturn
        ldrb    r3, [r1], #1
        strb    r3, [r0], #1
        b       .Lalign
.Laligned:
        subs    r2, r2, #2 * AHEAD      @ a turn reads ahead, so the last five lines need another loop
        blo     .Ldoubles
        vldr    d0, [r1]
        vldr    d1, [r1, #64]
        vldr    d2, [r1, #128]
        vldr    d3, [r1, #192]
        vldr    d4, [r1, #256]
.Lblocks:
        copy_line d0, 0
        copy_line d1, 64
        copy_line d2, 128
        copy_line d3, 192
        copy_line d4, 256
        add     r0, r0, #AHEAD
        add     r1, r1, #AHEAD
        subs    r2, r2, #AHEAD
        bhs     .Lblocks
.Ldoubles:
        add     r2, r2, #2 * AHEAD
.Lnext_double:
        subs    r2, r2, #8
        blo     .Lrest
        vldmia  r1!, {d0}
        vstmia  r0!, {d0}
        b       .Lnext_double
.Lrest:
        add     r2, r2, #8
.Lbytes:
        subs    r2, r2, #1
        ldrbhs  r3, [r1], #1
        strbhs  r3, [r0], #1
        bhs     .Lbytes
.Lreturn:
        pop     {r0}
        bx      lr
        .size memcpy, . - memcpy
        .section .note.GNU-stack, "", %progbits
