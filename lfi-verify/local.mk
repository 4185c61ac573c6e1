# liblfiv (the verifier, a library without dependencies) and the tool around it.
lib_LIBRARIES += %D%/liblfiv.a
include_HEADERS += include/lfiv.h include/lfiv_elf.h
%C%_liblfiv_a_SOURCES = %D%/profile.c %D%/elf.c %D%/arm64/verify.c \
  profiles/profile.c profiles/profile.h profiles/profiles.def \
  include/lfi_layout.h

if TOOLS
bin_PROGRAMS += %D%/lfi-verify
%C%_lfi_verify_SOURCES = %D%/tool.c
%C%_lfi_verify_LDADD = %D%/liblfiv.a common/libcommon.a
endif
