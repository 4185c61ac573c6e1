# Compiled into liblfiv, so that trusted code is one library, and on its own for the tools.
noinst_LIBRARIES += %D%/libprofiles.a
%C%_libprofiles_a_SOURCES = %D%/profile.c %D%/profile.h %D%/profiles.def
