dnl What is built: the tools (compiler driver, rewriter, verifier, sysroot), the
dnl runtime (liblfi, lfi-run), or both; and for which architectures.

dnl LFI_PARTS: --disable-tools leaves the runtime alone.  The top level calls
dnl itself this way, with --host, to cross-build the runtime of a target that
dnl the host cannot execute.
AC_DEFUN([LFI_PARTS], [
AC_ARG_ENABLE([tools],
  [AS_HELP_STRING([--disable-tools],
     [build the runtime and the verifier alone, not the compiler side])],
  [], [enable_tools=yes])
AS_IF([test "x$enable_tools" = xyes], [lfi_parts="tools runtime"], [lfi_parts=runtime])
AM_CONDITIONAL([TOOLS], [test "x$enable_tools" = xyes])
])

dnl LFI_TARGETS: --with-targets=LIST.  Sets TARGET_<ARCH> conditionals,
dnl NATIVE_RUNTIME when liblfi runs on the host itself, and the list
dnl CROSS_TARGETS of architectures whose runtime a sub-configure builds.
AC_DEFUN([LFI_TARGETS], [
AC_ARG_WITH([targets],
  [AS_HELP_STRING([--with-targets=LIST],
     [architectures of the boxes, separated by commas: aarch64, x86_64 [the host's, and aarch64]])],
  [], [case $host_cpu in x86_64) with_targets=x86_64,aarch64 ;; *) with_targets=aarch64 ;; esac])
lfi_targets=
for t in `echo "$with_targets" | tr ',' ' '`; do
  case $t in
    aarch64|arm64) lfi_targets="$lfi_targets aarch64" ;;
    x86_64|x86-64|amd64) lfi_targets="$lfi_targets x86_64" ;;
    *) AC_MSG_ERROR([unknown target '$t' in --with-targets: this version knows aarch64 and x86_64]) ;;
  esac
done
lfi_targets=`echo $lfi_targets`
AS_IF([test -z "$lfi_targets"], [AC_MSG_ERROR([--with-targets needs at least one architecture])])
dnl Architectures for which liblfi has entry code.
lfi_native_runtime=no
case $host_cpu in
  aarch64|x86_64) lfi_native_runtime=yes ;;
esac
lfi_cross_targets=
AS_IF([test "x$enable_tools" = xyes], [
  for t in $lfi_targets; do
    test "$t" = "$host_cpu" || lfi_cross_targets="$lfi_cross_targets $t"
  done
  lfi_cross_targets=`echo $lfi_cross_targets`],
  [AS_IF([test $lfi_native_runtime = no],
     [AC_MSG_ERROR([liblfi has no entry code for $host_cpu])])])
AC_SUBST([LFI_TARGETS], ["$lfi_targets"])
AC_SUBST([CROSS_TARGETS], ["$lfi_cross_targets"])
AM_CONDITIONAL([TARGET_AARCH64], [case " $lfi_targets " in *" aarch64 "*) :;; *) false;; esac])
AM_CONDITIONAL([TARGET_X86_64], [case " $lfi_targets " in *" x86_64 "*) :;; *) false;; esac])
AM_CONDITIONAL([HOST_AARCH64], [test "$host_cpu" = aarch64])
AM_CONDITIONAL([HOST_X86_64], [test "$host_cpu" = x86_64])
AM_CONDITIONAL([NATIVE_RUNTIME], [test $lfi_native_runtime = yes])
AM_CONDITIONAL([CROSS_AARCH64], [case " $lfi_cross_targets " in *" aarch64 "*) :;; *) false;; esac])
])

dnl LFI_SOURCES: where musl and GCC come from.  'make' itself never fetches.
AC_DEFUN([LFI_SOURCES], [
AC_ARG_WITH([musl-source],
  [AS_HELP_STRING([--with-musl-source=PATH],
     [musl's source, a directory or a tarball [what 'make fetch' left in the cache]])],
  [], [with_musl_source=])
AC_ARG_WITH([gcc-source],
  [AS_HELP_STRING([--with-gcc-source=PATH],
     [GCC 12's source, a directory or a tarball [Debian's gcc-12-source]])],
  [], [with_gcc_source=])
AC_ARG_WITH([sysroot],
  [AS_HELP_STRING([--with-sysroot=DIR],
     [a prebuilt installation whose sysroots are copied instead of built])],
  [], [with_sysroot=])
AC_ARG_WITH([profiles],
  [AS_HELP_STRING([--with-profiles=LIST],
     [profiles that get libraries beside those that do by default, such as spec-stores])],
  [], [with_profiles=])
AS_CASE([$with_profiles], [yes | no], [AC_MSG_ERROR([--with-profiles: which? for example --with-profiles=spec-stores])])
for lfi_profile in $with_profiles; do
  grep "^PROFILE(.*, *\"$lfi_profile\"," "$srcdir/profiles/profiles.def" > /dev/null ||
    AC_MSG_ERROR([--with-profiles: there is no profile '$lfi_profile'])
done
AC_SUBST([MORE_PROFILES], [$with_profiles])
AC_ARG_WITH([fetch-cache],
  [AS_HELP_STRING([--with-fetch-cache=DIR],
     [where 'make fetch' keeps sources [BUILDDIR/cache]])],
  [], [with_fetch_cache=])
for v in musl_source gcc_source sysroot; do
  eval "lfi_path=\$with_$v"
  AS_IF([test -n "$lfi_path" && test ! -e "$lfi_path"],
    [AC_MSG_ERROR([--with-`echo $v | tr _ -`=$lfi_path: no such file or directory])])
  case $lfi_path in
    ''|/*) ;;
    *) eval "with_$v=`pwd`/\$lfi_path" ;;
  esac
done
case $with_fetch_cache in ''|/*) ;; *) with_fetch_cache=`pwd`/$with_fetch_cache ;; esac
dnl What Debian's gcc-12-source installs.
AS_IF([test -z "$with_gcc_source"], [
  for f in /usr/src/gcc-12/gcc-12.*.tar.xz; do test -f "$f" && with_gcc_source=$f; done])
AC_SUBST([MUSL_SOURCE], ["$with_musl_source"])
AC_SUBST([GCC_SOURCE], ["$with_gcc_source"])
AC_SUBST([PREBUILT_SYSROOT], ["$with_sysroot"])
AC_SUBST([FETCH_CACHE], ["${with_fetch_cache:-\$(abs_builddir)/cache}"])
])
