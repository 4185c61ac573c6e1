# lfi-postlink: changes linked files; not trusted, since what it writes is verified.
bin_PROGRAMS += %D%/lfi-postlink
dist_man_MANS += docs/lfi-postlink.1
%C%_lfi_postlink_SOURCES = %D%/tool.c %D%/postlink.h %D%/x86_64.c %D%/arm64.c %D%/meter.c %D%/borders.c
%C%_lfi_postlink_LDADD = common/libcommon.a lfi-verify/liblfiv.a
