/*
 * Random byte reads. r0 buffer, r1 turns (at least 1), r2 mask of the buffer's size, r3 state of the generator; returns the
 * state. A turn is one block: what it reads decides where the next turn reads, so that turns cannot overlap, while the two
 * reads of a dual turn can.
 */
        .syntax unified
        .arch   armv5te
        .arm

        .macro  constants
        push    {r4-r10, lr}
        ldr     r4, =1103515245
        ldr     r5, =12345
        mov     r6, #0xff
        mov     r7, #0xff00
        ldr     r8, =0x7fff0000
        .endm

        .macro  step
        mla     r3, r4, r3, r5
        .endm

        .section .text.read_single, "ax", %progbits
        .global read_single
        .type read_single, %function
read_single:
        constants
.Lsingle:
        step
        and     r9, r6, r3, lsr #16     @ address bits 7:0
        step
        and     r10, r7, r3, lsr #8     @ 15:8
        step
        orr     r9, r9, r10
        and     r10, r8, r3             @ 30:16
        orr     r9, r9, r10
        and     r9, r9, r2
        ldrb    r9, [r0, r9]
        orr     r3, r3, r9
        subs    r1, r1, #1
        bne     .Lsingle
        mov     r0, r3
        pop     {r4-r10, pc}
        .ltorg
        .size read_single, . - read_single

        .section .text.read_dual, "ax", %progbits
        .global read_dual
        .type read_dual, %function
read_dual:
        constants
.Ldual:
        step
        and     r9, r7, r3, lsr #8      @ first address 15:8
        step
        and     r10, r7, r3, lsr #8     @ second address 15:8
        step
        and     r12, r8, r3
        orr     r9, r9, r12             @ first 30:16
        step
        and     r12, r8, r3
        orr     r10, r10, r12           @ second 30:16
        step
        and     r12, r6, r3, lsr #16
        orr     r9, r9, r12             @ first 7:0
        orr     r10, r10, r3, lsr #24   @ second 7:0
        and     r10, r10, r2
        eor     r9, r9, r10             @ never a fixed distance apart
        and     r9, r9, r2
        ldrb    r10, [r0, r10]
        ldrb    r9, [r0, r9]
        orr     r3, r3, r10
        add     r3, r3, r9
        subs    r1, r1, #1
        bne     .Ldual
        mov     r0, r3
        pop     {r4-r10, pc}
        .ltorg
        .size read_dual, . - read_dual
        .section .note.GNU-stack, "", %progbits
