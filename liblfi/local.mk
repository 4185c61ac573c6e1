# liblfi: core (engine, boxes, contexts), one architecture, the Linux layer.
include_HEADERS += include/lfi_core.h include/lfi_arch.h include/lfi_invoke.h include/lfi_linux.h include/lfi_bind.h

# liblfi runs boxes of the host's architecture.  Where the host has no entry code, or for
# targets that are not the host, the sub-builds below have it.
if NATIVE_RUNTIME
lib_LIBRARIES += %D%/liblfi.a
# The verifier is in it: a host that links it needs nothing else.
%C%_liblfi_a_LIBADD = $(lfi_verify_liblfiv_a_OBJECTS)
%C%_liblfi_a_AR = $(srcdir)/%D%/archive "$(CC)" "$(OBJCOPY)" "$(AR)"
# For shared objects too.
%C%_liblfi_a_CFLAGS = $(AM_CFLAGS) -fPIC -pthread
%C%_liblfi_a_SOURCES = include/lfi_core.h include/lfi_arch.h include/lfi_invoke.h \
  %D%/core/internal.h %D%/arch/arch.h \
  %D%/core/box.c %D%/core/callback.c %D%/core/code.c %D%/core/context.c %D%/core/copy.c %D%/core/engine.c \
  %D%/core/error.c %D%/core/host.c %D%/core/interrupt.c %D%/core/invoke.c %D%/core/memory.c \
  %D%/core/position.c %D%/core/range.c %D%/core/resume.c %D%/core/signal.c %D%/core/time.c
if HOST_AARCH64
%C%_liblfi_a_SOURCES += %D%/arch/aarch64/arch.c %D%/arch/aarch64/call.S %D%/arch/aarch64/copy.S \
  %D%/arch/aarch64/crossing.S %D%/arch/aarch64/layout.h %D%/arch/aarch64/offsets.h
endif
if HOST_X86_64
%C%_liblfi_a_SOURCES += %D%/arch/x86_64/arch.c %D%/arch/x86_64/call.S %D%/arch/x86_64/copy.S \
  %D%/arch/x86_64/crossing.S %D%/arch/x86_64/layout.h %D%/arch/x86_64/offsets.h
endif
include liblfi/linux/local.mk

# The same as a shared object.  It stays when it is closed: the process has its signal handlers.
# LDFLAGS may be for programs.
LIBLFI_SONAME = liblfi.so.0
LIBLFI_SO = $(LIBLFI_SONAME).1.0
liblfi_so_ldflags = $(filter-out -pie,$(HARDEN_LDFLAGS)) $(SANITIZE_FLAGS) \
  $(if $(SANITIZE_FLAGS),,-Wl,-z,defs) -Wl,-z,nodelete -Wl,-z,noexecstack \
  $(filter-out -pie -static-pie -static,$(LDFLAGS))
liblfi_so_objects = $(%C%_liblfi_a_OBJECTS) $(lfi_verify_liblfiv_a_OBJECTS)
noinst_DATA += %D%/$(LIBLFI_SO)
CLEANFILES += %D%/$(LIBLFI_SO)
%D%/$(LIBLFI_SO): $(liblfi_so_objects) $(srcdir)/%D%/liblfi.map
	$(AM_V_CCLD)$(CC) $(CFLAGS) -shared -Wl,-soname,$(LIBLFI_SONAME) \
	  -Wl,--version-script,$(srcdir)/%D%/liblfi.map $(liblfi_so_ldflags) \
	  -o $@ $(liblfi_so_objects) -pthread

# Into a directory: $(call liblfi_install,BUILD,DIR), $(call liblfi_uninstall,DIR).
liblfi_install = $(MKDIR_P) "$(2)/pkgconfig" && \
  $(INSTALL_DATA) $(1)liblfi/$(LIBLFI_SO) "$(2)" && \
  $(INSTALL_DATA) $(1)liblfi/lfi.pc "$(2)/pkgconfig" && \
  for l in $(LIBLFI_SONAME) liblfi.so; do rm -f "$(2)/$$l" && $(LN_S) $(LIBLFI_SO) "$(2)/$$l" || exit 1; done
liblfi_uninstall = for f in $(LIBLFI_SO) $(LIBLFI_SONAME) liblfi.so pkgconfig/lfi.pc; do rm -f "$(1)/$$f"; done

install-liblfi-so: %D%/$(LIBLFI_SO)
	@$(call liblfi_install,,$(DESTDIR)$(libdir))
INSTALL_EXEC_LOCALS += install-liblfi-so
uninstall-liblfi-so:
	@$(call liblfi_uninstall,$(DESTDIR)$(libdir))
UNINSTALL_LOCALS += uninstall-liblfi-so
endif
EXTRA_DIST += %D%/archive %D%/liblfi.map

# The runtime of each architecture that the host does not execute: this configure once more,
# in cross/ARCH.  Libraries go to lib/lfi/ARCH, lfi-run to libexec/lfi/ARCH, where the native
# lfi-run looks for it.
if TOOLS
CROSS_CONFIGURE_FLAGS = --disable-tools --build=$(build_triplet) \
  $(if $(filter -Werror,$(WARN_CFLAGS)),--enable-werror) \
  $(if $(HARDEN_CFLAGS),,--disable-hardening)

# Configured again when configure itself is newer.
cross/%/config.status: $(srcdir)/configure
	@$(MKDIR_P) cross/$*
	$(AM_V_GEN)cd cross/$* && { $(SHELL) $(abs_srcdir)/configure --host=$*-linux-gnu \
	  CC=$*-linux-gnu-gcc-12 LDFLAGS=-static-pie $(CROSS_CONFIGURE_FLAGS) \
	  --prefix='$(prefix)' --libdir='$(libdir)/lfi/'$* > configure.out 2>&1 || { cat configure.out >&2; exit 1; }; }
	@touch $@

cross-runtimes: $(CROSS_TARGETS:%=cross/%/config.status)
	+@for t in $(CROSS_TARGETS); do $(MAKE) -C cross/$$t --no-print-directory all || exit 1; done
PHONY_TARGETS += cross-runtimes
STAGE_STAMPS += cross-runtimes

install-cross: cross-runtimes
	@for t in $(CROSS_TARGETS); do \
	  lib='$(DESTDIR)$(libdir)/lfi/'$$t exec='$(DESTDIR)$(pkglibexecdir)/'$$t; \
	  $(MKDIR_P) "$$lib" "$$exec" || exit 1; \
	  $(INSTALL_DATA) cross/$$t/liblfi/liblfi.a cross/$$t/lfi-verify/liblfiv.a "$$lib" || exit 1; \
	  $(call liblfi_install,cross/$$t/,$$lib) || exit 1; \
	  if test -f cross/$$t/lfi-run/lfi-run; then \
	    $(INSTALL_PROGRAM) cross/$$t/lfi-run/lfi-run "$$exec" || exit 1; fi; done
INSTALL_EXEC_LOCALS += install-cross

uninstall-cross:
	@for t in $(CROSS_TARGETS); do \
	  $(call liblfi_uninstall,$(DESTDIR)$(libdir)/lfi/$$t); \
	  rm -f '$(DESTDIR)$(libdir)/lfi/'$$t/liblfi.a '$(DESTDIR)$(libdir)/lfi/'$$t/liblfiv.a \
	    '$(DESTDIR)$(pkglibexecdir)/'$$t/lfi-run; done
UNINSTALL_LOCALS += uninstall-cross

clean-cross:
	+@for t in $(CROSS_TARGETS); do \
	  test ! -f cross/$$t/Makefile || $(MAKE) -C cross/$$t --no-print-directory clean || exit 1; done
CLEAN_LOCALS += clean-cross

distclean-cross:
	rm -rf cross
DISTCLEAN_LOCALS += distclean-cross
endif
