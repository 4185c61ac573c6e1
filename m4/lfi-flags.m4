dnl Compiler flags: warnings, hardening, sanitizers.  Each lands in a variable of
dnl its own, so that CFLAGS stays the user's.

dnl _LFI_TRY_FLAGS(VARIABLE, FLAGS): appends those flags the compiler takes.
AC_DEFUN([_LFI_TRY_FLAGS], [
lfi_saved_cflags=$CFLAGS
for f in $2; do
  CFLAGS="$lfi_saved_cflags -Werror $f"
  AC_MSG_CHECKING([whether $CC takes $f])
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes]); $1="$$1 $f"], [AC_MSG_RESULT([no])])
done
CFLAGS=$lfi_saved_cflags
])

AC_DEFUN([LFI_WARNINGS], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [make warnings errors])],
  [], [enable_werror=no])
WARN_CFLAGS=
_LFI_TRY_FLAGS([WARN_CFLAGS], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wno-missing-field-initializers])
AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
])

dnl Hardening of everything that handles hostile input; --disable-hardening for
dnl compilers that fail on it.
AC_DEFUN([LFI_HARDENING], [
AC_ARG_ENABLE([hardening],
  [AS_HELP_STRING([--disable-hardening],
     [no stack protector, fortify, RELRO, PIE])],
  [], [enable_hardening=yes])
HARDEN_CFLAGS= HARDEN_LDFLAGS=
AS_IF([test "x$enable_hardening" = xyes], [
  _LFI_TRY_FLAGS([HARDEN_CFLAGS], [-fstack-protector-strong -fstack-clash-protection -fPIE])
  HARDEN_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
  AS_IF([test "x$enable_tools" = xyes],
    [_LFI_TRY_FLAGS([HARDEN_LDFLAGS], [-pie -Wl,-z,relro -Wl,-z,now])],
    [_LFI_TRY_FLAGS([HARDEN_LDFLAGS], [-Wl,-z,relro -Wl,-z,now])])])
AC_SUBST([HARDEN_CPPFLAGS])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])

AC_DEFUN([LFI_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
  [AS_HELP_STRING([--enable-sanitizers[=LIST]],
     [build with compiler sanitizers [address,undefined]])],
  [], [enable_sanitizers=no])
SANITIZE_FLAGS=
AS_CASE([$enable_sanitizers],
  [no], [],
  [yes], [SANITIZE_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all"],
  [SANITIZE_FLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all"])
AS_IF([test -n "$SANITIZE_FLAGS"], [HARDEN_CPPFLAGS=-U_FORTIFY_SOURCE])
AC_SUBST([SANITIZE_FLAGS])
])
