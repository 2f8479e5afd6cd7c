/*
 * Entry, exception vectors and their frames. A vector saves the registers of the mode it came from and what the
 * exception tells, calls trap_taken, and returns to where that says, in the state that it says.
 */
	.syntax unified
	.arm
	.section .text.start, "ax"
	.global _start
_start:
	ldr	r0, =vectors
	mcr	p15, 0, r0, c12, c0, 0
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #(1 << 13)
	mcr	p15, 0, r0, c1, c0, 0
	isb
	/* One stack for each mode that takes exceptions. */
	cps	#0x11
	ldr	sp, =stack_fiq
	cps	#0x12
	ldr	sp, =stack_irq
	cps	#0x17
	ldr	sp, =stack_abort
	cps	#0x1b
	ldr	sp, =stack_undefined
	cps	#0x1f
	ldr	sp, =stack_user
	cps	#0x13
	ldr	sp, =stack_supervisor
	bl	main
	.global power_off
power_off:
	movw	r0, #0x0008
	movt	r0, #0x8400
	hvc	#0
1:	b	1b

	.text
	.macro	save number
	/* An exception of supervisor mode itself must not use the stack that it interrupts. */
	stmdb	sp!, {r0-r12, lr}
	mrs	r0, spsr
	str	r0, [sp, #-4]!
	mov	r0, #\number
	mov	r1, sp
	bl	trap_taken
	ldr	r1, [sp], #4
	ldr	r0, =trap_status
	ldr	r0, [r0]
	msr	spsr_fsxc, r0
	ldr	r0, =trap_resume
	ldr	r0, [r0]
	str	r0, [sp, #52]
	ldmia	sp!, {r0-r12, pc}^
	.endm

	.balign	32
	.global vectors
vectors:
	b	.
	b	undefined
	b	supervisor
	b	prefetch
	b	data
	b	.
	b	interrupt
	b	fast

undefined:	save 1
supervisor:	save 2
prefetch:	save 3
data:		save 4
interrupt:	save 6
fast:		save 7

	/* int protected_call(function, a, b): trap_taken returns behind a call that went wrong. */
	.global	protected_call
protected_call:
	push	{r4, lr}
	mov	r4, r0
	mov	r0, r1
	mov	r1, r2
	blx	r4
	.global	protected_end
protected_end:
	pop	{r4, pc}

	/* uint32_t in_mode(function, mode, argument): calls in another privileged mode, with the supervisor's stack. */
	.global	in_mode
in_mode:
	push	{r4-r6, lr}
	mrs	r4, cpsr
	mov	r5, r0
	mov	r6, sp
	mov	r0, r2
	orr	r1, r1, #0xc0
	msr	cpsr_c, r1
	mov	r2, sp
	mov	r3, lr
	mov	sp, r6
	push	{r2, r3}
	blx	r5
	pop	{r2, r3}
	mov	sp, r2
	mov	lr, r3
	msr	cpsr_c, r4
	pop	{r4-r6, pc}

	/* uint32_t as_user(function, a, b): calls in user mode; comes back by SVC. */
	.global	as_user
as_user:
	push	{r4-r11, lr}
	ldr	r3, =user_return_stack
	str	sp, [r3]
	ldr	r12, =0x10
	msr	spsr_c, r12
	mov	r3, r0
	mov	r0, r1
	mov	r1, r2
	ldr	lr, =1f
	cps	#0x1f
	ldr	sp, =stack_user
	ldr	lr, =2f
	cps	#0x13
	movs	pc, r3
2:	svc	#0x77
1:	b	.
	.global	user_returned
user_returned:
	ldr	r3, =user_return_stack
	ldr	sp, [r3]
	pop	{r4-r11, pc}

	.bss
	.balign	16
	.global	user_return_stack
user_return_stack: .space 4
	.balign	16
	.space	4096
stack_fiq:
	.space	4096
stack_irq:
	.space	4096
stack_abort:
	.space	4096
stack_undefined:
	.space	65536
stack_user:
	.space	65536
stack_supervisor:
