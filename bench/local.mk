# Measurements that anyone can rerun.
EXTRA_DIST += %D%/rewrite %D%/profiles %D%/measure.py %D%/profiles.lua %D%/profiles.js %D%/profiles.sql

# Rewriting against compiling; BENCH_PAIRS=N for more or fewer pairs of runs.
BENCH_PAIRS = 5
bench-rewrite: all
	for a in $(LFI_TARGETS); do \
	  $(srcdir)/%D%/rewrite --prefix $(STAGE) --cache "$(FETCH_CACHE)" --arch $$a \
	    --work $(abs_builddir)/bench/work --pairs $(BENCH_PAIRS) || exit 1; \
	done
PHONY_TARGETS += bench-rewrite

# Real programs under every profile, natively; BENCH_PAIRS=N, BENCH_PROFILES="full one".
bench-profiles: all
	$(srcdir)/%D%/profiles --prefix $(STAGE) --cache "$(FETCH_CACHE)" \
	  --work $(abs_builddir)/bench/profiles --runs $(BENCH_PAIRS) --profiles "$(BENCH_PROFILES)"
PHONY_TARGETS += bench-profiles
CLEAN_LOCALS += clean-local-bench
clean-local-bench:
	rm -rf bench/work bench/profiles

# Crossings between host and box, natively; BENCH_RUNS=N for more or fewer runs.
BENCH_RUNS = 25
if NATIVE_RUNTIME
EXTRA_PROGRAMS = %D%/crossing
CLEANFILES += %D%/crossing$(EXEEXT)
bench_crossing_SOURCES = %D%/crossing.c %D%/crossing-code.S
bench_crossing_LDADD = liblfi/liblfi.a lfi-verify/liblfiv.a profiles/libprofiles.a -lpthread
bench-crossing: bench/crossing
	bench/crossing $(BENCH_RUNS)
PHONY_TARGETS += bench-crossing

# A counter in a vector register beside one in a general register, natively; BENCH_ROUNDS=N for more or fewer rounds.
BENCH_ROUNDS = 10000000
EXTRA_PROGRAMS += %D%/counter
CLEANFILES += %D%/counter$(EXEEXT)
bench_counter_SOURCES = %D%/counter.c
bench-counter: bench/counter
	bench/counter $(BENCH_ROUNDS)
PHONY_TARGETS += bench-counter

# A program in a new box and in one that is used again, natively; RELOAD_RUNS=N for more or fewer
# runs, RELOAD_PROGRAM="FILE ARGUMENT..." for another program.
RELOAD_RUNS = 500
RELOAD_PROGRAM = bench/reload-program
EXTRA_PROGRAMS += %D%/reload
CLEANFILES += %D%/reload$(EXEEXT) %D%/reload-program
bench_reload_SOURCES = %D%/reload.c
bench_reload_LDADD = liblfi/liblfi.a -lpthread
bench/reload-program: $(top_srcdir)/examples/hello.c stage
	$(AM_V_CCLD)$(STAGE)/bin/$(host_cpu)-lfi-linux-musl-gcc -O2 -o $@ $(top_srcdir)/examples/hello.c
bench-reload: bench/reload $(firstword $(RELOAD_PROGRAM))
	bench/reload $(RELOAD_RUNS) $(RELOAD_PROGRAM) > /dev/null
PHONY_TARGETS += bench-reload

# Tens of thousands of boxes in one process; needs a larger vm.max_map_count, and says which.
# BOXES=N for another number, BOXES_PROGRAM=FILE for another program of profile dense.
if HOST_X86_64
BOXES = 30000
BOXES_PROGRAM = bench/boxes-program
EXTRA_PROGRAMS += %D%/boxes
CLEANFILES += %D%/boxes$(EXEEXT) %D%/boxes-program
bench_boxes_SOURCES = %D%/boxes.c
bench_boxes_LDADD = liblfi/liblfi.a lfi-verify/liblfiv.a profiles/libprofiles.a -lpthread
bench/boxes-program: $(top_srcdir)/testsuite/lfi-run/native/start.S
	$(AM_V_CCLD)$(CC) -nostdlib -static-pie -Wl,--no-dynamic-linker -DSANDBOX=1 -DGUARD=1 \
	  '-DNAME="dense"' -o $@ $(top_srcdir)/testsuite/lfi-run/native/start.S
bench-boxes: bench/boxes $(BOXES_PROGRAM)
	bench/boxes $(BOXES) $(BOXES_PROGRAM)
PHONY_TARGETS += bench-boxes
endif
endif
