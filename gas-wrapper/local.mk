# The rewriter as a library, and its two front ends.
noinst_LIBRARIES += %D%/libgaswrap.a
%C%_libgaswrap_a_SOURCES = %D%/gaswrap.h %D%/directives.def \
  %D%/arena.c %D%/symbol.c %D%/expr.c %D%/section.c %D%/directive.c %D%/parse.c \
  %D%/cond.c %D%/expand.h %D%/expand.c %D%/macro.c \
  %D%/mnemonic.c %D%/drift.c %D%/meter.c %D%/pool.c %D%/diag.c %D%/output.c %D%/range.c %D%/rewrite.c \
  %D%/arm64/arm64.h %D%/arm64/insns.def %D%/arm64/table.c %D%/arm64/operand.c \
  %D%/arm64/arm64.c %D%/arm64/link.c %D%/arm64/memory.c %D%/arm64/literal.c \
  %D%/arm64/stack.c %D%/arm64/branch.c %D%/arm64/system.c %D%/arm64/words.c \
  %D%/arm64/meter.c %D%/arm64/oblivious.c %D%/arm64/spill.h %D%/arm64/units.c %D%/arm64/links.c %D%/arm64/spill.c \
  %D%/x86_64/x86_64.h %D%/x86_64/insns.def %D%/x86_64/table.c %D%/x86_64/operand.c \
  %D%/x86_64/length.c %D%/x86_64/emit.c %D%/x86_64/x86_64.c %D%/x86_64/memory.c \
  %D%/x86_64/base.c %D%/x86_64/live.c \
  %D%/x86_64/tls.c %D%/x86_64/string.c %D%/x86_64/stack.c %D%/x86_64/branch.c %D%/x86_64/meter.c %D%/x86_64/oblivious.c \
  %D%/x86_64/system.c %D%/x86_64/bytes.c
gaswrap_libs = %D%/libgaswrap.a common/libcommon.a profiles/libprofiles.a

bin_PROGRAMS += %D%/lfi-rewrite
%C%_lfi_rewrite_SOURCES = %D%/lfi-rewrite.c %D%/flags.c %D%/flags.h %D%/flags.def
%C%_lfi_rewrite_LDADD = $(gaswrap_libs)

gaswrapexecdir = $(prefix)/libexec/lfi
gaswrapexec_PROGRAMS = %D%/lfi-as
%C%_lfi_as_SOURCES = %D%/lfi-as.c
%C%_lfi_as_LDADD = $(gaswrap_libs)

# The other name of lfi-rewrite.
INSTALL_EXEC_LOCALS += install-lfi-leg
install-lfi-leg:
	@$(NORMAL_INSTALL)
	@$(MKDIR_P) '$(DESTDIR)$(bindir)' && cd '$(DESTDIR)$(bindir)' && \
	{ test "`readlink lfi-leg 2>/dev/null`" = lfi-rewrite || ln -sf lfi-rewrite lfi-leg; }
UNINSTALL_LOCALS += uninstall-lfi-leg
uninstall-lfi-leg:
	@$(NORMAL_UNINSTALL)
	rm -f '$(DESTDIR)$(bindir)/lfi-leg'

dist_man_MANS += docs/lfi-rewrite.1 docs/lfi-as.1
