/* Bandwidth kernels with core registers: r0 destination, r1 source, r2 bytes. A turn is 64 bytes. */
        .syntax unified
        .arch   armv5te
        .arm

        .macro  kernel name
        .section .text.\name, "ax", %progbits
        .global \name
        .type \name, %function
\name:
        push    {r4-r11}
        .endm

        .macro  turns name
        subs    r2, r2, #64
        bhi     .L\name
        pop     {r4-r11}
        bx      lr
        .size \name, . - \name
        .endm

        kernel  arm_fill_strd
        ldm     r1, {r4-r11}
.Larm_fill_strd:
        .rept   2
        strd    r4, [r0], #8
        strd    r6, [r0], #8
        strd    r8, [r0], #8
        strd    r10, [r0], #8
        .endr
        turns   arm_fill_strd

        kernel  arm_fill_stm8
        ldm     r1, {r4-r11}
.Larm_fill_stm8:
        stm     r0!, {r4-r11}
        stm     r0!, {r4-r11}
        turns   arm_fill_stm8

        kernel  arm_fill_stm4
        ldm     r1, {r4-r11}
.Larm_fill_stm4:
        .rept   2
        stm     r0!, {r4-r7}
        stm     r0!, {r8-r11}
        .endr
        turns   arm_fill_stm4

        @ as glibc's memset for ARM stores: two words at a time
        kernel  arm_fill_stm2
        ldm     r1, {r4-r11}
.Larm_fill_stm2:
        .rept   8
        stm     r0!, {r4, r5}
        .endr
        turns   arm_fill_stm2

        kernel  arm_copy_increment
.Larm_copy_increment:
        .rept   2
        ldm     r1!, {r4-r11}
        pld     [r1, #256]
        stm     r0!, {r4-r7}
        stm     r0!, {r8-r11}
        .endr
        turns   arm_copy_increment
        .section .note.GNU-stack, "", %progbits
