/* How a rejection reaches the caller.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFIV_MESSAGE_H
#define LFIV_MESSAGE_H

#include "lfiv.h"

/* Calls opts->err and opts->report; false if the scan can stop.  */
bool lfiv_reject(const struct LFIVOptions *opts, const struct LFIVError *error);

#endif
