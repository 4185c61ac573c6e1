# The runner.  Where liblfi runs natively it runs programs of its own architecture itself;
# everywhere it hands programs of another architecture to that one's runner under qemu-user.
bin_PROGRAMS += %D%/lfi-run
%C%_lfi_run_SOURCES = %D%/main.c %D%/options.c %D%/handoff.c %D%/check.c %D%/lfi-run.h
%C%_lfi_run_CPPFLAGS = $(AM_CPPFLAGS) -DQEMU_AARCH64='"$(QEMU_AARCH64)"'
%C%_lfi_run_LDADD =
if NATIVE_RUNTIME
%C%_lfi_run_SOURCES += %D%/run.c %D%/environment.c %D%/signals.c
%C%_lfi_run_CPPFLAGS += -DLFI_NATIVE_RUNTIME=1
%C%_lfi_run_LDADD += liblfi/liblfi.a -lpthread
endif
if SECCOMP
%C%_lfi_run_SOURCES += %D%/seccomp.c
%C%_lfi_run_CPPFLAGS += -DHAVE_SECCOMP=1
%C%_lfi_run_LDADD += -lseccomp
endif
%C%_lfi_run_LDADD += common/libcommon.a lfi-verify/liblfiv.a profiles/libprofiles.a

# The resolver of paths, natively, whatever the architecture of the boxes.
check_PROGRAMS += testsuite/lfi-run/resolve
testsuite_lfi_run_resolve_SOURCES = testsuite/lfi-run/resolve.c
testsuite_lfi_run_resolve_LDADD = -lpthread

dist_man_MANS += docs/lfi-run.1
dist_doc_DATA += docs/linux-layer.md
EXTRA_DIST += liblfi/linux/call-table.awk
