# The GCC plugin: one source, built for each target's compiler with the headers of that one.
EXTRA_DIST += %D%/lfi_plugin.cc %D%/COPYING

PLUGIN_CXXFLAGS = -O1 -fPIC -shared -fno-rtti -fno-exceptions -Wall -Wno-format-diag \
  -Wl,-z,relro -Wl,-z,now
PLUGIN_BUILD = $(MKDIR_P) $(@D) && $(GXX_FOR_PLUGIN) $(PLUGIN_CXXFLAGS) \
  -isystem `$(notdir $(@D))-linux-gnu-gcc-12 -print-file-name=plugin`/include \
  -o $@ $(srcdir)/%D%/lfi_plugin.cc
if TARGET_AARCH64
pluginaarch64execdir = $(prefix)/libexec/lfi/aarch64
pluginaarch64exec_SCRIPTS = %D%/aarch64/lfi_plugin.so
%D%/aarch64/lfi_plugin.so: %D%/lfi_plugin.cc
	$(AM_V_GEN)$(PLUGIN_BUILD)
CLEANFILES += %D%/aarch64/lfi_plugin.so
endif
if TARGET_X86_64
pluginx86_64execdir = $(prefix)/libexec/lfi/x86_64
pluginx86_64exec_SCRIPTS = %D%/x86_64/lfi_plugin.so
%D%/x86_64/lfi_plugin.so: %D%/lfi_plugin.cc
	$(AM_V_GEN)$(PLUGIN_BUILD)
CLEANFILES += %D%/x86_64/lfi_plugin.so
endif
