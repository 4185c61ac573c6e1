noinst_LIBRARIES += %D%/libcommon.a
%C%_libcommon_a_SOURCES = %D%/tool.c %D%/tool.h %D%/options.c %D%/options.h %D%/image.c %D%/image.h \
  %D%/verify.c %D%/verify.h
