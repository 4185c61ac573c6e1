# lfi-bind: C that makes a library in a box callable by the names of its functions.
if TOOLS
bin_PROGRAMS += %D%/lfi-bind
dist_man_MANS += docs/lfi-bind.1
%C%_lfi_bind_SOURCES = %D%/main.c %D%/symbols.c %D%/annotations.c %D%/write.c %D%/lfi-bind.h
%C%_lfi_bind_LDADD = common/libcommon.a lfi-verify/liblfiv.a profiles/libprofiles.a
endif
