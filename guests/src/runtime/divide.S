/* Integer division for processors without one: restoring, one quotient bit a turn, from the first bit that can be set. */
        .syntax unified
        .arch   armv5te
        .arm
        .section .text.__aeabi_idiv, "ax", %progbits
        .global __aeabi_idiv
        .type __aeabi_idiv, %function
__aeabi_idiv:
        eor     ip, r0, r1              @ bit 31: sign of the quotient
        cmp     r0, #0
        rsblt   r0, r0, #0
        cmp     r1, #0
        rsblt   r1, r1, #0
        beq     .Ldivide_by_zero
        mov     r2, #0
        cmp     r0, r1
        blo     .Lsigned_done
        clz     r3, r1
        clz     r2, r0
        sub     r3, r3, r2
        mov     r2, #0
.Lbit:
        cmp     r0, r1, lsl r3
        subhs   r0, r0, r1, lsl r3
        adc     r2, r2, r2
        subs    r3, r3, #1
        bpl     .Lbit
.Lsigned_done:
        cmp     ip, #0
        mov     r0, r2
        rsblt   r0, r0, #0
        bx      lr
.Ldivide_by_zero:
        mov     r0, #0                  @ the ABI leaves the answer open
        bx      lr
        .size __aeabi_idiv, . - __aeabi_idiv
        .section .note.GNU-stack, "", %progbits
