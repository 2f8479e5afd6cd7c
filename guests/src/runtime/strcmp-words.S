/* strcmp for ARMv7: a word of each string a turn when both are word-aligned, as the C libraries of that age do. */
        .syntax unified
        .arch   armv7-a
        .arm
        .section .text.strcmp, "ax", %progbits
        .global strcmp
        .type strcmp, %function
strcmp:
        orr     r2, r0, r1
        tst     r2, #3
        bne     .Lbytes
        movw    ip, #0x0101
        movt    ip, #0x0101
        push    {r4}
.Lwords:
        ldr     r2, [r0], #4
        ldr     r3, [r1], #4
        sub     r4, r2, ip              @ (x - 0x01..) & ~x has bit 7 of a byte set if that byte is 0;
        bic     r4, r4, r2              @ a borrow may set it in a later byte too, which does no harm
        tst     r4, ip, lsl #7
        cmpeq   r2, r3
        beq     .Lwords
        tst     r4, ip, lsl #7
        bne     .Lzero_byte
        rev     r2, r2                  @ the first differing byte in memory decides
        rev     r3, r3
        cmp     r2, r3
        mov     r0, #1
        mvnlo   r0, #0
        pop     {r4}
        bx      lr
.Lzero_byte:
        pop     {r4}
        sub     r0, r0, #4
        sub     r1, r1, #4
.Lbytes:
        ldrb    r2, [r0], #1
        ldrb    r3, [r1], #1
        cmp     r2, #1
        cmphs   r2, r3
        beq     .Lbytes
        sub     r0, r2, r3
        bx      lr
        .size strcmp, . - strcmp
        .section .note.GNU-stack, "", %progbits
