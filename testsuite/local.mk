# make check runs everything against the stage; make installcheck against the installation.
# RUNTESTS="lfi-verify/rules.exp ..." narrows it.

check-local: all
	$(srcdir)/%D%/run-tests --builddir $(abs_builddir) --prefix $(STAGE) --targets "$(LFI_TARGETS)" \
	  --objdir $(abs_builddir)/testsuite/run --gcc-source "$(GCC_SOURCE)" --cache "$(FETCH_CACHE)" \
	  $(if $(RUNTESTS),,--floor $(srcdir)/%D%/floor) $(RUNTESTS)

installcheck-local:
	$(srcdir)/%D%/run-tests --builddir $(abs_builddir) --prefix $(DESTDIR)$(prefix) --targets "$(LFI_TARGETS)" \
	  --gcc-source "$(GCC_SOURCE)" --cache "$(FETCH_CACHE)" --objdir $(abs_builddir)/testsuite/run-installed $(RUNTESTS)

clean-local-testsuite:
	rm -rf testsuite/run testsuite/run-installed testsuite/torture testsuite/programs testsuite/matrix testsuite/family testsuite/clang
CLEAN_LOCALS += clean-local-testsuite

# Every file of the test-suite is part of the distribution.
DIST_HOOKS += dist-testsuite
dist-testsuite:
	cd $(srcdir) && find testsuite -type f ! -name local.mk ! -name '*~' | \
	  while read f; do \
	    $(MKDIR_P) "$(abs_builddir)/$(distdir)/$${f%/*}" && \
	    cp -p "$$f" "$(abs_builddir)/$(distdir)/$$f" || exit 1; done

# The library, the runner and their tests under AddressSanitizer with UndefinedBehaviorSanitizer, and
# under ThreadSanitizer: a build of each in sanitize/.  RUNSANITIZERS=thread narrows it.
check-sanitizers: all
	+$(srcdir)/scripts/check-sanitizers --builddir $(abs_builddir) $(RUNSANITIZERS) $(if $(RUNTESTS),-- $(RUNTESTS))
PHONY_TARGETS += check-sanitizers
EXTRA_DIST += scripts/check-sanitizers
clean-local-sanitizers:
	rm -rf sanitize
CLEAN_LOCALS += clean-local-sanitizers

check-bare:
	$(srcdir)/scripts/check-bare $(abs_builddir)/bare
PHONY_TARGETS += check-bare
EXTRA_DIST += scripts/packages scripts/common.sh scripts/demo scripts/check-bare .ci/run \
  examples/hello.c examples/embed.c examples/half.c examples/copy.c examples/bind/expat.c examples/bind/expat.lfi examples/bind/png.c examples/bind/png.lfi \
  examples/bind/zlib.c examples/bind/zlib.lfi autogen.sh

# Ten thousand boxes that do their worst.
check-contain: all
	LFI_CONTAIN_BOXES=10000 $(srcdir)/%D%/run-tests --builddir $(abs_builddir) --prefix $(STAGE) \
	  --targets "$(firstword $(LFI_TARGETS))" --objdir $(abs_builddir)/testsuite/run lfi-run/contain.exp
PHONY_TARGETS += check-contain

# Renames and symbolic links while paths are resolved, for minutes.
check-races: all
	LFI_RACE_ROUNDS=$(RACE_ROUNDS) $(srcdir)/%D%/run-tests --builddir $(abs_builddir) --prefix $(STAGE) \
	  --targets "$(firstword $(LFI_TARGETS))" --objdir $(abs_builddir)/testsuite/run lfi-run/paths.exp
RACE_ROUNDS = 1000000
PHONY_TARGETS += check-races

# GCC's own tests under the profiles that confine: all of gcc.c-torture/execute at three levels;
# exceptions, thread-local storage and torture of g++.dg at two.
check-torture: torture_language = c
check-torture-c++: torture_language = c++
check-torture check-torture-c++: all
	status=0; for t in $(LFI_TARGETS); do \
	  $(srcdir)/%D%/run-torture --prefix $(STAGE) --arch $$t --language $(torture_language) --all \
	    --floor $(srcdir)/%D%/torture/floor --gcc-source "$(GCC_SOURCE)" \
	    --objdir $(abs_builddir)/testsuite/torture || status=1; done; exit $$status
PHONY_TARGETS += check-torture check-torture-c++

# C++ in every profile, with many options.
check-cxx: all
	LFI_CXX_ALL=1 $(srcdir)/%D%/run-tests --builddir $(abs_builddir) --prefix $(STAGE) --targets "$(LFI_TARGETS)" \
	  --objdir $(abs_builddir)/testsuite/run cxx/cxx.exp
PHONY_TARGETS += check-cxx

# Real programs from the sources that 'make fetch' got, under the two most common profiles, or
# (check-matrix) every one that confines, compiled once per register set, on smaller input;
# RUNPROGRAMS="zlib mawk" narrows it.
check-programs: check_profiles = full stores
check-matrix: check_profiles = full stores spec spec-stores bundle16 nosegue dense single one one-single allregs
check-matrix: check_options = --once --small
# C++, the large projects with assembly of their own and those with suites of their own are for the two alone.
check-matrix: check_these = bzip2 duktape expat flac libjpeg-turbo libzstd lua5.4 lz4 mawk opus sqlite3 xz-utils zlib
check-programs check-matrix: all
	status=0; for t in $(LFI_TARGETS); do \
	  p=; for q in $(check_profiles); do test ! -d $(STAGE)/$$t-lfi-linux-musl/lib/$$q || p="$$p $$q"; done; \
	  $(srcdir)/%D%/run-programs --prefix $(STAGE) --arch $$t --cache "$(FETCH_CACHE)" --profiles "$$p" \
	    --objdir $(abs_builddir)/testsuite/$(@:check-%=%)/$$t $(check_options) $(or $(RUNPROGRAMS),$(check_these)) || status=1; done; exit $$status
PHONY_TARGETS += check-programs check-matrix

# The README's recipes for build systems, on the projects that they name; RUNFAMILY="meson" narrows it.
check-family: all
	status=0; for t in $(LFI_TARGETS); do \
	  $(srcdir)/%D%/run-family --prefix $(STAGE) --arch $$t --cache "$(FETCH_CACHE)" \
	    --objdir $(abs_builddir)/testsuite/family/$$t $(RUNFAMILY) || status=1; done; exit $$status
PHONY_TARGETS += check-family

# clang, on the profile that it takes by itself: its tests with all levels, the sample of gcc.c-torture at three levels, and
# programs, beside clang without a sandbox.
clang_profile_aarch64 = full
clang_profile_x86_64 = allregs
clang_programs = zlib bzip2 lua5.4
check-clang: all
	status=0; LFI_CLANG_ALL=1 $(srcdir)/%D%/run-tests --builddir $(abs_builddir) --prefix $(STAGE) --targets "$(LFI_TARGETS)" \
	  --objdir $(abs_builddir)/testsuite/run toolchain/clang.exp || status=1; \
	for t in $(foreach t,$(LFI_TARGETS),$(t):$(clang_profile_$(t))); do \
	  $(srcdir)/%D%/run-torture --prefix $(STAGE) --arch $${t%:*} --profiles $${t#*:} --compiler clang \
	    --floor $(srcdir)/%D%/torture/floor --gcc-source "$(GCC_SOURCE)" \
	    --objdir $(abs_builddir)/testsuite/clang/torture || status=1; \
	  $(srcdir)/%D%/run-programs --prefix $(STAGE) --arch $${t%:*} --profiles $${t#*:} --compiler clang \
	    --cache "$(FETCH_CACHE)" --objdir $(abs_builddir)/testsuite/clang/$${t%:*} --least 1 $(clang_programs) || status=1; \
	done; exit $$status
PHONY_TARGETS += check-clang
