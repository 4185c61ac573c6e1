/* arm64: charges.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-postlink/postlink.h"

#include "lfi_layout.h"

/* sub x23, x23, #n: 12 bits from the tenth on.  */
void postlink_arm64_charge(uint8_t *p, unsigned charge)
{
    if (charge > LFI_METER_BLOCK)
        return;
    p[1] = (uint8_t)((p[1] & 3) | (charge & 63) << 2);
    p[2] = (uint8_t)((p[2] & 0xc0) | charge >> 6);
}
