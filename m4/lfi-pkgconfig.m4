dnl LFI_PKGCONFIG: the directories of lfi.pc, relative to the file where they are below the prefix.

dnl _LFI_BELOW(VARIABLE, DIR-VARIABLE): what DIR is below lfi_prefix; empty if it is elsewhere.
AC_DEFUN([_LFI_BELOW], [
$1=${$2@%:@"$lfi_prefix"/}
test "x[$]$1" != "x[$]$2" || $1=
])

AC_DEFUN([LFI_PKGCONFIG], [
lfi_prefix=$prefix
test "x$lfi_prefix" != xNONE || lfi_prefix=$ac_default_prefix
lfi_save_prefix=$prefix lfi_save_exec=$exec_prefix
prefix=$lfi_prefix
test "x$exec_prefix" != xNONE || exec_prefix=$prefix
eval "lfi_libdir=$libdir" && eval "lfi_libdir=$lfi_libdir"
eval "lfi_incdir=$includedir" && eval "lfi_incdir=$lfi_incdir"
prefix=$lfi_save_prefix exec_prefix=$lfi_save_exec
_LFI_BELOW([lfi_lib], [lfi_libdir])
_LFI_BELOW([lfi_inc], [lfi_incdir])
LFI_PC_PREFIX=$lfi_prefix LFI_PC_LIBDIR=$lfi_libdir LFI_PC_INCLUDEDIR=$lfi_incdir
AS_IF([test -n "$lfi_lib"], [
  LFI_PC_PREFIX='${pcfiledir}'/`echo "$lfi_lib/pkgconfig" | sed 's,[[^/]][[^/]]*,..,g'`
  LFI_PC_LIBDIR='${prefix}'/$lfi_lib])
AS_IF([test -n "$lfi_inc"], [LFI_PC_INCLUDEDIR='${prefix}'/$lfi_inc])
AC_SUBST([LFI_PC_PREFIX])
AC_SUBST([LFI_PC_LIBDIR])
AC_SUBST([LFI_PC_INCLUDEDIR])
])
