# The rewriter as a library, and its two front ends.
noinst_LIBRARIES += %D%/libgaswrap.a
%C%_libgaswrap_a_SOURCES = %D%/gaswrap.h \
  %D%/arena.c %D%/symbol.c %D%/expr.c %D%/section.c
