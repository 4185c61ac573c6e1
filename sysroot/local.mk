# The stage and the sysroots in it.
#
# make LFI_PROFILES="full stores"   only these sysroots
# make LFI_CXX_PROFILES="full"       C++ in these alone (for the others there is C); empty: in none
# make SYSROOT_STAMPS=              no sysroots
# make fetch                        sources into the cache (configure --with-fetch-cache)
EXTRA_DIST += %D%/build %D%/assemble.sh %D%/libstdc++.sh %D%/keep-assembly %D%/groups.awk %D%/unpack %D%/copy-sysroot scripts/fetch-source scripts/sources.tab \
  $(lfi_overlay_files) $(boxrt_files)
boxrt_files = boxrt/boxrt.c boxrt/boxrt.h boxrt/calls-aarch64.S boxrt/calls-x86_64.S include/lfi_boxcall.h
lfi_overlay_files = \
  %D%/overlay/README \
  %D%/overlay/all/gcc/libgcc/config/t-eh-dw2-dip \
  %D%/overlay/all/gcc/libgcc/unwind-dw2-fde-musl.c \
  %D%/overlay/lfi-aarch64/gcc/libgcc/config/aarch64/sync-cache.c \
  %D%/overlay/lfi-aarch64/gcc/libgcc/config/aarch64/value-unwind.h \
  %D%/overlay/lfi-aarch64/musl/arch/aarch64/crt_arch.h \
  %D%/overlay/lfi-aarch64/musl/src/setjmp/aarch64/longjmp.s \
  %D%/overlay/lfi-aarch64/musl/src/setjmp/aarch64/setjmp.s \
  %D%/overlay/lfi-aarch64/without-x23/musl/src/setjmp/aarch64/longjmp.s \
  %D%/overlay/lfi-aarch64/without-x23/musl/src/setjmp/aarch64/setjmp.s \
  %D%/overlay/lfi-x86_64/musl/src/thread/x86_64/clone.s \
  %D%/overlay/lfi-x86_64/without-r11/musl/src/thread/x86_64/syscall_cp.s \
  %D%/overlay/lfi-x86_64/without-r15/musl/src/setjmp/x86_64/longjmp.s \
  %D%/overlay/lfi-x86_64/without-r15/musl/src/setjmp/x86_64/setjmp.s \
  %D%/overlay/lfi-x86_64/without-r14-r15/musl/src/setjmp/x86_64/longjmp.s \
  %D%/overlay/lfi-x86_64/without-r14-r15/musl/src/setjmp/x86_64/setjmp.s \
  %D%/overlay/lfi-x86_64/without-r12-r14-r15/musl/src/setjmp/x86_64/longjmp.s \
  %D%/overlay/lfi-x86_64/without-r12-r14-r15/musl/src/setjmp/x86_64/setjmp.s

# Of each architecture those that its table has.
LFI_PROFILES = full stores spec bundle16 nosegue dense single one one-single allregs poc meter meter-resume $(MORE_PROFILES)
profiles_of = $(filter $(LFI_PROFILES),$(shell sed -n \
  's/^PROFILE.$(shell echo $(1) | tr a-z A-Z), *"\([^"]*\)".*/\1/p' $(srcdir)/profiles/profiles.def))
LFI_CXX_PROFILES = $(LFI_PROFILES)
LFI_SYSROOTS := $(foreach t,$(LFI_TARGETS),$(foreach p,$(call profiles_of,$(t)),$(t)-lfi-$(p)))

fetch:
	$(srcdir)/scripts/fetch-source "$(FETCH_CACHE)"
PHONY_TARGETS += fetch

# --- The stage: installed anew whenever make runs; files that did not change keep their
# times, so that only what depends on a changed one is built again.
stage: $(LIBRARIES) $(PROGRAMS) $(SCRIPTS) $(MANS) $(DATA) $(HEADERS) config.h cross-runtimes
	@$(MAKE) $(AM_MAKEFLAGS) -s install-exec install-data prefix="$(STAGE)" DESTDIR= \
	  LFI_STAGING=1 INSTALL="$(INSTALL) -C" --no-print-directory > /dev/null
PHONY_TARGETS += stage
STAGE_STAMPS += stage

# What code generation depends on.
stage_driver = $(STAGE)/libexec/lfi/lfi-gcc $(STAGE)/libexec/lfi/musl.specs
stage_aarch64_baseline = $(stage_driver) $(STAGE)/libexec/lfi/aarch64/arch.specs
stage_x86_64_baseline = $(stage_driver) $(STAGE)/libexec/lfi/x86_64/arch.specs
stage_aarch64_lfi = $(stage_aarch64_baseline) $(STAGE)/libexec/lfi/lfi-ld $(STAGE)/libexec/lfi/aarch64/lfi.specs \
  $(STAGE)/libexec/lfi/aarch64/lfi_plugin.so $(STAGE)/libexec/lfi/lfi-as
stage_x86_64_lfi = $(stage_x86_64_baseline) $(STAGE)/libexec/lfi/lfi-ld $(STAGE)/libexec/lfi/x86_64/lfi.specs \
  $(STAGE)/libexec/lfi/x86_64/lfi_plugin.so $(STAGE)/libexec/lfi/lfi-as
$(sort $(stage_aarch64_baseline) $(stage_x86_64_baseline) $(stage_aarch64_lfi) $(stage_x86_64_lfi)): stage ;

# --- Sources: what configure was told, or the cache.
sysroot_musl = $(or $(MUSL_SOURCE),$(firstword $(wildcard $(FETCH_CACHE)/musl_*.orig.tar.*)))
sysroot_sources = $(if $(PREBUILT_SYSROOT),,sysroot/src/musl.stamp sysroot/src/gcc.stamp)

sysroot/src/musl.stamp: $(srcdir)/%D%/unpack $(sysroot_musl)
	@test -n "$(sysroot_musl)" || { echo "musl's source is missing: run 'make fetch', or" \
	  "configure with --with-musl-source=PATH or --with-sysroot=DIR" >&2; exit 1; }
	@$(MKDIR_P) sysroot/src
	$(AM_V_GEN)$(srcdir)/%D%/unpack musl "$(sysroot_musl)" sysroot/src/musl && touch $@
sysroot/src/gcc.stamp: $(srcdir)/%D%/unpack $(GCC_SOURCE)
	@test -n "$(GCC_SOURCE)" || { echo "GCC's source is missing: install gcc-12-source, or" \
	  "configure with --with-gcc-source=PATH or --with-sysroot=DIR" >&2; exit 1; }
	@$(MKDIR_P) sysroot/src
	$(AM_V_GEN)$(srcdir)/%D%/unpack gcc "$(GCC_SOURCE)" sysroot/src/gcc && touch $@

# --- Sysroots.  The recipes compile with the driver in the stage.
sysroot_recipe = $(srcdir)/%D%/build $(srcdir)/%D%/assemble.sh $(srcdir)/%D%/keep-assembly $(lfi_overlay_files:%=$(srcdir)/%) $(boxrt_files:%=$(srcdir)/%) \
  $(sysroot_sources)
sysroot_build = $(srcdir)/%D%/build --prefix $(STAGE) --musl $(abs_builddir)/sysroot/src/musl \
  --gcc $(abs_builddir)/sysroot/src/gcc --overlay $(abs_srcdir)/%D%/overlay --boxrt $(abs_srcdir)/boxrt
sysroot_copy = $(srcdir)/%D%/copy-sysroot "$(PREBUILT_SYSROOT)" $(STAGE)

SYSROOT_DIRS = $(LFI_TARGETS:%=%-lfi-linux-musl) $(BASELINE_TARGETS:%=%-baseline-linux-musl)
SYSROOT_STAMPS = $(BASELINE_TARGETS:%=sysroot/%-baseline.stamp) $(LFI_SYSROOTS:%=sysroot/%.stamp)
STAGE_STAMPS += $(SYSROOT_STAMPS)

# The '+' shares make's job server with the recipes.
$(SYSROOT_DIRS:%=sysroot/%-headers.stamp): sysroot/%-headers.stamp: $(sysroot_recipe)
	@$(MKDIR_P) sysroot
	+@if test -n "$(PREBUILT_SYSROOT)"; then $(sysroot_copy) $* include; \
	else $(sysroot_build) --arch $(word 1,$(subst -, ,$*)) --kind $(word 2,$(subst -, ,$*)) \
	  --headers yes --work sysroot/work-$*-headers; fi
	@touch $@
$(BASELINE_TARGETS:%=sysroot/%-baseline.stamp): sysroot/%-baseline.stamp: \
  sysroot/%-baseline-linux-musl-headers.stamp
	+@if test -n "$(PREBUILT_SYSROOT)"; then $(sysroot_copy) $*-baseline-linux-musl lib; \
	else $(sysroot_build) --arch $* --kind baseline --work sysroot/work-$*-baseline; fi
	@touch $@

# Of the profiles that reserve the same registers the first has the compiler run, the others assemble
# what it gave to the assembler.
# SYSROOT:FIRST-OF-ITS-REGISTERS:FIRST-OF-ITS-ARCHITECTURE
groups_of = $(shell awk -f $(srcdir)/%D%/groups.awk -v SYSROOTS="$(1)" $(srcdir)/profiles/profiles.def)
LFI_GROUPS := $(call groups_of,$(LFI_SYSROOTS))
group_of = $(subst :, ,$(filter $(1):%,$(2)))
first_of = $(word 2,$(call group_of,$(1),$(LFI_GROUPS)))
others_of = $(filter-out $(1):%,$(foreach g,$(LFI_GROUPS),$(if $(filter $(1),$(word 2,$(subst :, ,$(g)))),$(g))))
work_of = sysroot/work-$(subst -lfi-,-,$(1))

$(LFI_SYSROOTS:%=sysroot/%.stamp): sysroot/%.stamp:
	+@t=`echo $* | sed 's/-lfi-.*//'` p=`echo $* | sed 's/.*-lfi-//'`; \
	if test -n "$(PREBUILT_SYSROOT)"; then $(sysroot_copy) $$t-lfi-linux-musl lib/$$p; \
	else $(sysroot_build) --arch $$t --kind lfi --profile $$p --work $(call work_of,$*) \
	  $(if $(filter $*,$(call first_of,$*)),$(if $(call others_of,$*),--keep yes),--from $(call work_of,$(call first_of,$*))); fi
	@touch $@
$(foreach s,$(LFI_SYSROOTS),$(if $(filter $(s),$(call first_of,$(s))),, \
  $(eval sysroot/$(s).stamp: sysroot/$(call first_of,$(s)).stamp)))

# --- C++, on top, likewise; the headers are from the first of an architecture.
LFI_CXX_SYSROOTS := $(filter $(foreach p,$(LFI_CXX_PROFILES),%-lfi-$(p)),$(LFI_SYSROOTS))
LFI_CXX_GROUPS := $(call groups_of,$(LFI_CXX_SYSROOTS))
cxx_first = $(word 2,$(call group_of,$(1),$(LFI_CXX_GROUPS)))
cxx_first_of_arch = $(word 3,$(call group_of,$(1),$(LFI_CXX_GROUPS)))
cxx_recipe = $(srcdir)/%D%/libstdc++.sh

SYSROOT_STAMPS += $(BASELINE_TARGETS:%=sysroot/%-baseline-c++.stamp) $(LFI_CXX_SYSROOTS:%=sysroot/%-c++.stamp)
$(BASELINE_TARGETS:%=sysroot/%-baseline-c++.stamp): sysroot/%-baseline-c++.stamp: sysroot/%-baseline.stamp $(cxx_recipe)
	+@test -n "$(PREBUILT_SYSROOT)" || $(sysroot_build) --arch $* --kind baseline --work sysroot/work-$*-baseline \
	  --c++ sysroot/work-$*-baseline/kept --headers install
	@touch $@
$(LFI_CXX_SYSROOTS:%=sysroot/%-c++.stamp): sysroot/%-c++.stamp: sysroot/%.stamp $(cxx_recipe)
	+@t=`echo $* | sed 's/-lfi-.*//'` p=`echo $* | sed 's/.*-lfi-//'`; \
	test -n "$(PREBUILT_SYSROOT)" || $(sysroot_build) --arch $$t --kind lfi --profile $$p --work $(call work_of,$*) \
	  $(if $(filter $*,$(call cxx_first,$*)),--c++,--c++-from) $(call work_of,$(call cxx_first,$*))/kept \
	  $(if $(filter $*,$(call cxx_first_of_arch,$*)),--headers install)
	@touch $@
$(foreach s,$(LFI_CXX_SYSROOTS),$(foreach first,$(sort $(call cxx_first,$(s)) $(call cxx_first_of_arch,$(s))), \
  $(if $(filter $(s),$(first)),,$(eval sysroot/$(s)-c++.stamp: sysroot/$(first)-c++.stamp))))

sysroot/aarch64-baseline.stamp: $(stage_aarch64_baseline)
sysroot/x86_64-baseline.stamp: $(stage_x86_64_baseline)
$(filter sysroot/aarch64-%,$(LFI_SYSROOTS:%=sysroot/%.stamp)): $(stage_aarch64_lfi) \
  sysroot/aarch64-lfi-linux-musl-headers.stamp
$(filter sysroot/x86_64-%,$(LFI_SYSROOTS:%=sysroot/%.stamp)): $(stage_x86_64_lfi) \
  sysroot/x86_64-lfi-linux-musl-headers.stamp

# --- Installation: the sysroots are copied from the stage.
INSTALL_DATA_LOCALS += install-sysroots
install-sysroots:
	@$(NORMAL_INSTALL)
	@test -n "$(LFI_STAGING)" || for d in $(SYSROOT_DIRS); do \
	  test -d $(STAGE)/$$d || continue; \
	  echo " installing $$d"; $(MKDIR_P) "$(DESTDIR)$(prefix)" && rm -rf "$(DESTDIR)$(prefix)/$$d" && \
	  cp -R -P -p $(STAGE)/$$d "$(DESTDIR)$(prefix)/" || exit 1; done
UNINSTALL_LOCALS += uninstall-sysroots
uninstall-sysroots:
	@$(NORMAL_UNINSTALL)
	cd "$(DESTDIR)$(prefix)" && rm -rf $(SYSROOT_DIRS)

CLEAN_LOCALS += clean-local-sysroot
clean-local-sysroot:
	rm -rf stage sysroot/src sysroot/work-* sysroot/*.stamp
DISTCLEAN_LOCALS += distclean-local-sysroot
distclean-local-sysroot:
	rm -rf cache
