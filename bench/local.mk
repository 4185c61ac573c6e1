# Measurements that anyone can rerun.
EXTRA_DIST += %D%/rewrite

# Rewriting against compiling; BENCH_PAIRS=N for more or fewer pairs of runs.
BENCH_PAIRS = 5
bench-rewrite: all
	$(srcdir)/%D%/rewrite --prefix $(STAGE) --cache "$(FETCH_CACHE)" \
	  --work $(abs_builddir)/bench/work --pairs $(BENCH_PAIRS)
PHONY_TARGETS += bench-rewrite
CLEAN_LOCALS += clean-local-bench
clean-local-bench:
	rm -rf bench/work
