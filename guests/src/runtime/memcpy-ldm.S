/*
 * memcpy for ARMv5TE: 32 bytes a turn by LDM and STM of eight registers, with a PLD 124 bytes ahead of the source
 * pointer. Five instructions per 32 bytes. Buffers that are not aligned to each other are copied byte by byte.
 */
        .syntax unified
        .arch   armv5te
        .arm
        .section .text.memcpy, "ax", %progbits
        .global memcpy
        .type memcpy, %function
memcpy:
        push    {r0, r4, r5, r6, r7, r8, lr}
        pld     [r1]
        eor     r3, r0, r1
        tst     r3, #3
        bne     .Lbytes
.Lalign:
        tst     r1, #3
        beq     .Laligned
        subs    r2, r2, #1
        blo     .Lreturn
        ldrb    r3, [r1], #1
        strb    r3, [r0], #1
        b       .Lalign
.Laligned:
        subs    r2, r2, #32
        blo     .Lwords
        pld     [r1, #28]               @ the lines that the loop's own PLD, 124 bytes ahead, comes too late for
        pld     [r1, #60]
        pld     [r1, #92]
.Lblocks:
        pld     [r1, #124]
        ldmia   r1!, {r3, r4, r5, r6, r7, r8, ip, lr}
        subs    r2, r2, #32
        stmia   r0!, {r3, r4, r5, r6, r7, r8, ip, lr}
        bhs     .Lblocks
.Lwords:
        add     r2, r2, #32             @ 0 to 31 bytes are left
.Lnext_word:
        subs    r2, r2, #4
        ldrhs   r3, [r1], #4
        strhs   r3, [r0], #4
        bhs     .Lnext_word
        add     r2, r2, #4
.Lbytes:
        subs    r2, r2, #1
        ldrbhs  r3, [r1], #1
        strbhs  r3, [r0], #1
        bhs     .Lbytes
.Lreturn:
        pop     {r0, r4, r5, r6, r7, r8, pc}
        .size memcpy, . - memcpy
        .section .note.GNU-stack, "", %progbits
