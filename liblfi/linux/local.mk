# The Linux layer; part of liblfi.a, whose rule is in liblfi/local.mk.
liblfi_liblfi_a_SOURCES += include/lfi_linux.h \
  %D%/abi.h %D%/linux.h %D%/syscalls.def %D%/aarch64/abi.h %D%/x86_64/abi.h \
  %D%/args.c %D%/backtrace.c %D%/images.c %D%/bind.c %D%/convert.c %D%/copy.c %D%/debugger.c %D%/dispatch.c %D%/event.c %D%/fd.c \
  %D%/file.c %D%/fuel.c %D%/futex.c %D%/library.c %D%/limits.c %D%/linux.c %D%/load.c include/lfi_boxcall.h \
  %D%/memfd.c %D%/memory.c %D%/names.def %D%/old_calls.c %D%/path.c %D%/path_calls.c %D%/perf.c %D%/process.c \
  %D%/signal.c %D%/signal_calls.c %D%/signal_file.c %D%/socket.c %D%/stack.c %D%/symbol.c %D%/thread.c %D%/time.c %D%/trace.c %D%/trace.h \
  %D%/timer.c %D%/trace_values.c %D%/unwind.c %D%/unwind.h %D%/wait.c %D%/xattr.c
if HOST_AARCH64
liblfi_liblfi_a_SOURCES += %D%/aarch64/frame.c
endif
if HOST_X86_64
liblfi_liblfi_a_SOURCES += %D%/x86_64/frame.c
endif
