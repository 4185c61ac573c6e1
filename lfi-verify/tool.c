/* lfi-verify: the command-line verifier.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "common/tool.h"

int main(void)
{
    tool_name = "lfi-verify";
    tool_usage("no files");
}
