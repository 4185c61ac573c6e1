// Uses every name of the interface from C++.
// SPDX-License-Identifier: Apache-2.0
#include "api.c"
