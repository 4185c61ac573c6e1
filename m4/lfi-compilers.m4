dnl The distribution's compilers that the toolchain drives, and what runs its output.

dnl _LFI_NEED(PROGRAM, PACKAGE): fail with one line that names the package.
AC_DEFUN([_LFI_NEED], [
AC_CHECK_PROG([lfi_have], [$1], [yes], [no])
AS_IF([test $lfi_have = no], [AC_MSG_ERROR([$1 is missing (Debian: apt-get install $2)])])
AS_UNSET([lfi_have]) AS_UNSET([ac_cv_prog_lfi_have])
])

AC_DEFUN([LFI_BASE_COMPILERS], [
AC_ARG_VAR([GXX_FOR_PLUGIN], [C++ compiler for the GCC plugin, of the same release as the base compiler])
AS_IF([test "x$enable_tools" = xyes], [
  AC_PATH_PROGS([GXX_FOR_PLUGIN], [g++-12 g++])
  AS_IF([test -z "$GXX_FOR_PLUGIN"], [AC_MSG_ERROR([g++-12 is missing (Debian: apt-get install g++-12)])])
  for t in $lfi_targets; do
    lfi_deb=`echo $t | tr _ -`
    for c in gcc g++; do
      AS_IF([test -n "`command -v $t-linux-gnu-$c-12`"], [],
        [AC_MSG_ERROR([$t-linux-gnu-$c-12 is missing (Debian: apt-get install $c-12-$lfi_deb-linux-gnu, or $c-12 on that architecture)])])
    done
    AS_IF([test -n "`command -v $t-linux-gnu-as`"], [],
      [AC_MSG_ERROR([$t-linux-gnu-as is missing (Debian: apt-get install binutils-$lfi_deb-linux-gnu)])])
    lfi_plugin=`$t-linux-gnu-gcc-12 -print-file-name=plugin`
    AS_IF([test -f "$lfi_plugin/include/gcc-plugin.h"], [],
      [AC_MSG_ERROR([the headers for plugins of $t-linux-gnu-gcc-12 are missing (Debian: apt-get install gcc-12-plugin-dev-$lfi_deb-linux-gnu, or gcc-12-plugin-dev on that architecture)])])
  done])
])

AC_DEFUN([LFI_RUNNERS], [
AC_ARG_VAR([QEMU_AARCH64], [qemu-user for arm64, where the host is another architecture])
AC_PATH_PROGS([QEMU_AARCH64], [qemu-aarch64 qemu-aarch64-static])
])

dnl LFI_BASELINES: architectures of the unsandboxed toolchains that tests and benchmarks
dnl compare with: the targets, and x86-64 wherever its compiler is installed.
AC_DEFUN([LFI_BASELINES], [
lfi_baselines=$lfi_targets
AS_IF([test "x$enable_tools" = xyes], [
  case " $lfi_targets " in
    *" x86_64 "*) ;;
    *) lfi_plugin=`x86_64-linux-gnu-gcc-12 -print-file-name=plugin 2>/dev/null`
       AS_IF([test -f "$lfi_plugin/include/gcc-plugin.h" && test -n "`command -v x86_64-linux-gnu-g++-12`"], [lfi_baselines="$lfi_baselines x86_64"]) ;;
  esac])
AC_SUBST([BASELINE_TARGETS], ["$lfi_baselines"])
])
