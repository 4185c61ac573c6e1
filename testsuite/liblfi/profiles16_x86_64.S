/* Code for boxes of profiles with bundles of 16 bytes.
   SPDX-License-Identifier: Apache-2.0  */
#define BUNDLE 16
#define BUNDLE_LOG 4
#include "profiles_x86_64.S"
