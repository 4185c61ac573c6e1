# The driver, its specs, ld with the check of profiles, and the links that name them all.
driverexecdir = $(prefix)/libexec/lfi
driverexec_PROGRAMS = %D%/lfi-gcc %D%/lfi-ld
driverexec_DATA = %D%/musl.specs %D%/clang.cfg %D%/lfi_ld_plugin.so
driveraarch64dir = $(prefix)/libexec/lfi/aarch64
driveraarch64_DATA = %D%/aarch64/arch.specs %D%/aarch64/lfi.specs %D%/aarch64/clang.cfg %D%/aarch64/clang-lfi.cfg
driverx86_64dir = $(prefix)/libexec/lfi/x86_64
driverx86_64_DATA = %D%/x86_64/arch.specs %D%/x86_64/lfi.specs %D%/x86_64/clang.cfg %D%/x86_64/clang-lfi.cfg
dist_doc_DATA += docs/toolchain.md
dist_man_MANS += docs/aarch64-lfi-linux-musl-gcc.1 docs/aarch64-lfi-linux-musl-clang.1 docs/aarch64-lfi-linux-musl-run.1
EXTRA_DIST += %D%/musl.specs %D%/clang.cfg $(driveraarch64_DATA) $(driverx86_64_DATA) %D%/ld-plugin.c

%C%_lfi_gcc_SOURCES = %D%/lfi-gcc.c %D%/clang.c %D%/run.c %D%/pkg-config.c %D%/link-mode.c %D%/driver.h %D%/tools.def \
  %D%/scan.c %D%/scan.h
%C%_lfi_gcc_LDADD = common/libcommon.a profiles/libprofiles.a
%C%_lfi_ld_SOURCES = %D%/lfi-ld.c %D%/fill.c %D%/fill.h %D%/plt.c %D%/plt.h \
  %D%/relax.c %D%/relax.h %D%/scan.c %D%/scan.h
%C%_lfi_ld_LDADD = common/libcommon.a lfi-verify/liblfiv.a profiles/libprofiles.a

# Loaded into the distribution's ld: without sanitizers.
%D%/lfi_ld_plugin.so: %D%/ld-plugin.c profiles/profile.c profiles/profile.h profiles/profiles.def
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) \
	  $(WARN_CFLAGS) $(HARDEN_CFLAGS) $(CFLAGS) -fPIC -shared -Wl,-z,relro -Wl,-z,now \
	  -o $@ $(srcdir)/%D%/ld-plugin.c $(srcdir)/profiles/profile.c
CLEANFILES += %D%/lfi_ld_plugin.so

# NAME, and the name of the distribution's tool where that has its version.
PREFIXED_TOOLS = `sed -n 's/^TOOL("\([^"]*\)", *[A-Z]*, *"\([^"]*\)").*/\1 \2/p' $(srcdir)/%D%/tools.def | tr ' ' '\n' | sort -u`

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
	    link ../../lfi-as $$d/as; for l in ld ld.bfd; do link ../../lfi-ld $$d/$$l; done; done; \
	done

UNINSTALL_LOCALS += uninstall-driver-links
uninstall-driver-links:
	@$(NORMAL_UNINSTALL)
	p=$(DESTDIR)$(prefix); \
	for a in $(LFI_TARGETS); do \
	  rm -f $$p/bin/$$a-lfi-linux-musl-* $$p/bin/$${a}_lfi-linux-musl-gcc; \
	  rm -f $$p/libexec/lfi/$$a/*/as $$p/libexec/lfi/$$a/*/ld $$p/libexec/lfi/$$a/*/ld.bfd; \
	  rmdir $$p/libexec/lfi/$$a/* 2>/dev/null || :; done; \
	for a in $(BASELINE_TARGETS); do rm -f $$p/bin/$$a-baseline-linux-musl-*; done

# What build systems want to be told, for each triple; config.site serves all.
familydir = $(prefix)/share/lfi
dist_family_DATA = %D%/family/config.site
EXTRA_DIST += %D%/family/toolchain.cmake.in %D%/family/cross.ini.in
INSTALL_DATA_LOCALS += install-family
install-family:
	@$(NORMAL_INSTALL)
	@set -e; d=$(DESTDIR)$(familydir); $(MKDIR_P) $$d; \
	for t in $(LFI_TARGETS:%=%-lfi) $(BASELINE_TARGETS:%=%-baseline); do \
	  for f in toolchain.cmake cross.ini; do \
	    sed -e "s/@TRIPLE@/$$t-linux-musl/g" -e "s/@ARCH@/$${t%-*}/g" \
	      $(srcdir)/%D%/family/$$f.in > $$d/$$t-linux-musl.$${f#*.}; done; done
UNINSTALL_LOCALS += uninstall-family
uninstall-family:
	@$(NORMAL_UNINSTALL)
	rm -f $(DESTDIR)$(familydir)/*-linux-musl.cmake $(DESTDIR)$(familydir)/*-linux-musl.ini
	-rmdir $(DESTDIR)$(familydir) 2>/dev/null || :
