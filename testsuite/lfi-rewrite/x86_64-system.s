	syscall
	mov	$60, %eax
	syscall
	ud2
	int3
	pause
	cpuid
	rdtsc
	mfence
	ffreep	%st(0)
	ffreep	%st(3)
