# The driver, its specs, ld with the check of profiles, and the links that name them all.
driverexecdir = $(prefix)/libexec/lfi
driverexec_PROGRAMS = %D%/lfi-gcc %D%/lfi-ld
driverexec_DATA = %D%/musl.specs %D%/lfi_ld_plugin.so
driveraarch64dir = $(prefix)/libexec/lfi/aarch64
driveraarch64_DATA = %D%/aarch64/arch.specs %D%/aarch64/lfi.specs
driverx86_64dir = $(prefix)/libexec/lfi/x86_64
driverx86_64_DATA = %D%/x86_64/arch.specs %D%/x86_64/lfi.specs
dist_doc_DATA += docs/toolchain.md
dist_man_MANS += docs/aarch64-lfi-linux-musl-gcc.1
EXTRA_DIST += %D%/musl.specs $(driveraarch64_DATA) $(driverx86_64_DATA) %D%/ld-plugin.c

%C%_lfi_gcc_SOURCES = %D%/lfi-gcc.c %D%/scan.c %D%/scan.h
%C%_lfi_gcc_LDADD = common/libcommon.a profiles/libprofiles.a
%C%_lfi_ld_SOURCES = %D%/lfi-ld.c %D%/fill.c %D%/fill.h %D%/scan.c %D%/scan.h
%C%_lfi_ld_LDADD = common/libcommon.a profiles/libprofiles.a

# Loaded into the distribution's ld: without sanitizers.
%D%/lfi_ld_plugin.so: %D%/ld-plugin.c profiles/profile.c profiles/profile.h profiles/profiles.def
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) \
	  $(WARN_CFLAGS) $(HARDEN_CFLAGS) $(CFLAGS) -fPIC -shared -Wl,-z,relro -Wl,-z,now \
	  -o $@ $(srcdir)/%D%/ld-plugin.c $(srcdir)/profiles/profile.c
CLEANFILES += %D%/lfi_ld_plugin.so

PREFIXED_TOOLS = gcc gcc-12 cpp as ld addr2line ar c++filt elfedit gcc-ar gcc-nm gcc-ranlib nm \
  objcopy objdump ranlib readelf size strings strip

# Architecture and profile are what these links are called.
INSTALL_EXEC_LOCALS += install-driver-links
install-driver-links:
	@$(NORMAL_INSTALL)
	@set -e; p=$(DESTDIR)$(prefix); link() { \
	  test "`readlink $$2 2>/dev/null`" = "$$1" || ln -sf "$$1" "$$2"; }; \
	$(MKDIR_P) $$p/bin; \
	for t in $(PREFIXED_TOOLS); do \
	  for a in $(LFI_TARGETS); do \
	    link ../libexec/lfi/lfi-gcc $$p/bin/$$a-lfi-linux-musl-$$t; done; \
	  for a in $(BASELINE_TARGETS); do \
	    link ../libexec/lfi/lfi-gcc $$p/bin/$$a-baseline-linux-musl-$$t; done; \
	done; \
	for a in $(LFI_TARGETS); do \
	  link ../libexec/lfi/lfi-gcc $$p/bin/$${a}_lfi-linux-musl-gcc; \
	  A=`echo $$a | tr a-z A-Z`; \
	  for q in `sed -n "s/^PROFILE($$A, *\"\([^\"]*\)\".*/\1/p" $(srcdir)/profiles/profiles.def`; do \
	    d=$$p/libexec/lfi/$$a/$$q; $(MKDIR_P) $$d; \
	    link ../../lfi-as $$d/as; link ../../lfi-ld $$d/ld; done; \
	done

UNINSTALL_LOCALS += uninstall-driver-links
uninstall-driver-links:
	@$(NORMAL_UNINSTALL)
	p=$(DESTDIR)$(prefix); \
	for a in $(LFI_TARGETS); do \
	  rm -f $$p/bin/$$a-lfi-linux-musl-* $$p/bin/$${a}_lfi-linux-musl-gcc; \
	  rm -f $$p/libexec/lfi/$$a/*/as $$p/libexec/lfi/$$a/*/ld; \
	  rmdir $$p/libexec/lfi/$$a/* 2>/dev/null || :; done; \
	for a in $(BASELINE_TARGETS); do rm -f $$p/bin/$$a-baseline-linux-musl-*; done
