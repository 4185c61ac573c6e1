/* The thread's last error.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "liblfi/core/internal.h"

static _Thread_local int last_error;
static _Thread_local char last_message[256];

int lfi_errno(void)
{
    return last_error;
}

const char *lfi_errmsg(void)
{
    return last_error == LFI_ERR_NONE ? "no error" : last_message;
}

void lfi_fail(int err, const char *fmt, ...)
{
    va_list ap;
    int saved = errno;
    va_start(ap, fmt);
    vsnprintf(last_message, sizeof last_message, fmt, ap);
    va_end(ap);
    last_error = err;
    errno = saved;
}

int lfi_fail_errno(int err, int errnum, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(last_message, sizeof last_message, fmt, ap);
    va_end(ap);
    last_error = err;
    errno = errnum;
    return -1;
}
