# liblfiv (the verifier, a library without dependencies) and the tool around it.
lib_LIBRARIES += %D%/liblfiv.a
include_HEADERS += include/lfiv.h include/lfiv_elf.h
# In liblfi.so too.
%C%_liblfiv_a_CFLAGS = $(AM_CFLAGS) -fPIC
%C%_liblfiv_a_SOURCES = %D%/profile.c %D%/elf.c %D%/message.c %D%/message.h \
  %D%/arm64/verify.c %D%/arm64/decode.c %D%/arm64/decode.h %D%/arm64/resume.h \
  %D%/x86_64/verify.c %D%/x86_64/decode.c %D%/x86_64/decode.h %D%/x86_64/resume.h \
  profiles/profile.c profiles/profile.h profiles/profiles.def \
  include/lfi_layout.h
EXTRA_DIST += %D%/table.awk %D%/arm64/insns.def %D%/arm64/macros.def %D%/arm64/table.awk \
  %D%/x86_64/insns.def %D%/x86_64/macros.def %D%/x86_64/table.awk

# The tables as C.
BUILT_SOURCES += %D%/arm64/insns.inc %D%/x86_64/insns.inc
CLEANFILES += %D%/arm64/insns.inc %D%/x86_64/insns.inc
%C%_arm64_tables = $(srcdir)/%D%/arm64/insns.def $(srcdir)/%D%/arm64/macros.def
%D%/arm64/insns.inc: $(%C%_arm64_tables) $(srcdir)/%D%/arm64/table.awk $(srcdir)/%D%/table.awk
	$(AM_V_GEN)$(MKDIR_P) %D%/arm64 && \
	LC_ALL=C $(AWK) -f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/arm64/table.awk $(%C%_arm64_tables) > $@.tmp && mv $@.tmp $@
%D%/arm64/decode.$(OBJEXT) %D%/arm64/verify.$(OBJEXT): %D%/arm64/insns.inc
%C%_x86_64_tables = $(srcdir)/%D%/x86_64/insns.def $(srcdir)/%D%/x86_64/macros.def
%D%/x86_64/insns.inc: $(%C%_x86_64_tables) $(srcdir)/%D%/x86_64/table.awk $(srcdir)/%D%/table.awk
	$(AM_V_GEN)$(MKDIR_P) %D%/x86_64 && \
	LC_ALL=C $(AWK) -f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/x86_64/table.awk $(%C%_x86_64_tables) > $@.tmp && mv $@.tmp $@
%D%/x86_64/decode.$(OBJEXT) %D%/x86_64/verify.$(OBJEXT): %D%/x86_64/insns.inc

dist_doc_DATA += docs/sandbox.md

if TOOLS
bin_PROGRAMS += %D%/lfi-verify
dist_man_MANS += docs/lfi-verify.1
%C%_lfi_verify_SOURCES = %D%/tool.c
%C%_lfi_verify_LDADD = %D%/liblfiv.a common/libcommon.a

# What the tests in testsuite/lfi-verify run.
check_PROGRAMS += testsuite/lfi-verify/lfiv-drive testsuite/lfi-verify/lfiv-elf testsuite/lfi-verify/lfiv-api
testsuite_lfi_verify_lfiv_drive_SOURCES = testsuite/lfi-verify/lfiv-drive.c
testsuite_lfi_verify_lfiv_drive_LDADD = %D%/liblfiv.a
testsuite_lfi_verify_lfiv_elf_SOURCES = testsuite/lfi-verify/lfiv-elf.c
testsuite_lfi_verify_lfiv_elf_LDADD = %D%/liblfiv.a
testsuite_lfi_verify_lfiv_api_SOURCES = testsuite/lfi-verify/lfiv-api.c
testsuite_lfi_verify_lfiv_api_LDADD = %D%/liblfiv.a

check_PROGRAMS += testsuite/lfi-verify/x86_64-rows
testsuite_lfi_verify_x86_64_rows_SOURCES = testsuite/lfi-verify/x86_64-rows.c
testsuite_lfi_verify_x86_64_rows_LDADD = %D%/liblfiv.a
check_PROGRAMS += testsuite/lfi-verify/x86_64-resume
testsuite_lfi_verify_x86_64_resume_SOURCES = testsuite/lfi-verify/x86_64-resume.c
testsuite_lfi_verify_x86_64_resume_LDADD = %D%/liblfiv.a profiles/libprofiles.a
if ZYDIS
check_PROGRAMS += testsuite/lfi-verify/x86_64-oracle
testsuite_lfi_verify_x86_64_oracle_SOURCES = testsuite/lfi-verify/x86_64-oracle.c
testsuite_lfi_verify_x86_64_oracle_LDADD = %D%/liblfiv.a -lZydis
endif

# The x86-64 decoder against Zydis: sysroots, programs, ten million byte strings, as many mutations
# of real code, and as many regions: minutes.
ORACLE_COUNT = 10000000
check-oracle: all $(check_PROGRAMS)
	$(srcdir)/scripts/check-oracle --builddir $(abs_builddir) --count $(ORACLE_COUNT)
PHONY_TARGETS += check-oracle
EXTRA_DIST += scripts/check-oracle

# Every check of the trusted code taken away in turn: minutes, not part of 'make check'.
check-mutants:
	$(srcdir)/scripts/check-mutants --builddir $(abs_builddir) $(MUTANTFLAGS)
PHONY_TARGETS += check-mutants
EXTRA_DIST += scripts/check-mutants scripts/mutants_x86_64.py
endif
