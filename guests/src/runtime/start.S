/* Process entry as the Linux ARM ABI gives it: argc at sp, argv above it, sp a multiple of 8. */
        .syntax unified
        .arm
        .section .text._start, "ax", %progbits
        .global _start
        .type _start, %function
_start:
        mov     fp, #0
        mov     lr, #0
        ldr     r0, [sp]
        add     r1, sp, #4
        bl      main
        mov     r7, #248                @ exit_group
        svc     #0
        .size _start, . - _start
        .section .note.GNU-stack, "", %progbits
