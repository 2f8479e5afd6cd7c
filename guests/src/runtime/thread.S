/* int clone_thread(unsigned stack_top, void (*function)(void *), void *argument, volatile unsigned *ended) */
        .syntax unified
        .arm
        .section .text.clone_thread, "ax", %progbits
        .global clone_thread
        .type clone_thread, %function
clone_thread:
        push    {r4, r7}
        stmdb   r0!, {r1, r2}           @ for the thread, which has nothing else of this stack
        mov     r1, r0
        mov     r4, r3                  @ where the kernel writes 0 and wakes who waits
        mov     r2, #0
        mov     r3, #0
        ldr     r0, =0x00250f00         @ VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID
        mov     r7, #120                @ clone
        svc     #0
        cmp     r0, #0
        beq     1f
        pop     {r4, r7}
        bx      lr
1:      ldm     sp!, {r1, r2}
        mov     fp, #0
        mov     r0, r2
        blx     r1
        mov     r0, #0
        mov     r7, #1                  @ exit, of this thread alone
        svc     #0
        .ltorg
        .size clone_thread, . - clone_thread
        .section .note.GNU-stack, "", %progbits
