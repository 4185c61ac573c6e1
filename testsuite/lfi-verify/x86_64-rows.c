/* Prints what the x86-64 decoder allows, opcode by opcode, seen from outside.
   SPDX-License-Identifier: Apache-2.0

   For every opcode, every combination of prefixes and every ModRM byte: which row it is, and how
   long it is.  Combinations that come to the same share a line:

       MAP.OPCODE [PREFIXES] FORMS: IMMEDIATE WRITES ACCESS TOUCH KIND ISA VERDICT NAME

   x86_64-rows.txt is the output that was compared with Zydis (x86_64-oracle); any change to what is
   allowed shows as a difference.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lfi-verify/x86_64/decode.h"

enum { COMBINATIONS = 64, FORMS = 80, TEXT = 200 };

static const char *const maps[] = {"", "0f.", "38.", "3a.", "v0f.", "v38.", "v3a."};
static const char *const accesses[] = {"-", "r", "w", "rw"};
static const char *const write_names[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
                                          "r",  "m",  "v",  "o",  "rb", "mb", "ob"};

/* A combination of prefixes: bits 0 66, 1 f3, 2 f2, 3 W, 4 lock or vvvv, 5 cs or L.  */
static void combination_name(char *text, bool vex, unsigned c)
{
    sprintf(text, "%s%s%s%s%s%s", c & 1 ? "66." : "", c & 2 ? "f3." : "", c & 4 ? "f2." : "",
            c & 8 ? "w." : "", c & 16 ? (vex ? "v." : "lock.") : "",
            c & 32 ? (vex ? "l." : "cs.") : "");
    size_t length = strlen(text);
    strcpy(length ? text + length - 1 : text, length ? "" : "-");
}

/* The instruction of a combination without what follows the opcode; its size, or 0 if there is
   no such encoding.  B is set for the register in the opcode, so that 90 is what it is.  */
static unsigned encode(uint8_t *code, unsigned map, unsigned opcode, unsigned c)
{
    unsigned n = 0;
    if (map >= 4) {
        static const int pp[] = {0, 1, 2, -1, 3, -1, -1, -1};
        if (pp[c & 7] < 0)
            return 0;
        code[n++] = 0xc4;
        code[n++] = (uint8_t)(0xe0 | (map - 3));
        code[n++] = (uint8_t)((c & 8 ? 0x80 : 0) | (c & 16 ? 0x50 : 0x78) | (c & 32 ? 4 : 0)
                              | pp[c & 7]);
    } else {
        if (c & 1)
            code[n++] = 0x66;
        if (c & 2)
            code[n++] = 0xf3;
        if (c & 4)
            code[n++] = 0xf2;
        if (c & 16)
            code[n++] = 0xf0;
        if (c & 32)
            code[n++] = 0x2e;
        if (c & 8)
            code[n++] = 0x48;
        if (map > 0)
            code[n++] = 0x0f;
        if (map > 1)
            code[n++] = map == 2 ? 0x38 : 0x3a;
    }
    code[n++] = (uint8_t)opcode;
    return n;
}

/* Forms: 0-7 memory with that number in the reg field, 8-71 registers.  */
static void form_name(char *text, unsigned form)
{
    if (form < 8)
        sprintf(text, "m/%u", form);
    else
        sprintf(text, "%02x", 0xc0 + form - 8);
}

static void describe(char text[TEXT], const uint8_t *code, unsigned size)
{
    struct Insn i;
    if (!lfiv_x64_decode(code, &i)) {
        strcpy(text, "");
        return;
    }
    const struct Row *r = i.row;
    char writes[64] = "";
    for (unsigned n = 0; n < sizeof write_names / sizeof write_names[0]; n++)
        if (r->writes >> n & 1)
            sprintf(writes + strlen(writes), "%s%s", *writes ? "," : "", write_names[n]);
    if (r->verdict != V_OK)
        snprintf(text, TEXT, "denied %u %s", r->verdict, r->name);
    else
        snprintf(text, TEXT, "%d %s %s %s %u %x %s", i.length - (int)size, *writes ? writes : "-",
                 accesses[r->access], r->touch ? "touch" : "-", r->kind, r->isa, r->name);
}

static char facts[COMBINATIONS][FORMS][TEXT];

/* Prints the runs of forms that come to the same.  */
static void print_forms(char (*fact)[TEXT], unsigned forms, const char *head)
{
    for (unsigned from = 0, to; from < forms; from = to) {
        char first[8], last[8];
        for (to = from + 1; to < forms && to != 8 && strcmp(fact[to], fact[from]) == 0; to++)
            ;
        if (!*fact[from])
            continue;
        form_name(first, from);
        form_name(last, to - 1);
        if (forms == 1)
            printf("%s: %s\n", head, fact[from]);
        else
            printf("%s %s-%s: %s\n", head, first, last, fact[from]);
    }
}

static void list_opcode(unsigned map, unsigned opcode)
{
    unsigned forms = 1;
    bool same[COMBINATIONS] = {false};
    for (int pass = 0; pass < 2; pass++) {
        bool differ = false;
        for (unsigned c = 0; c < COMBINATIONS; c++)
            for (unsigned f = 0; f < forms; f++) {
                uint8_t code[64] = {0};
                unsigned size = encode(code, map, opcode, c);
                memset(facts[c][f], 0, TEXT);
                if (size == 0)
                    continue;
                if (pass == 1) {
                    code[size++] = (uint8_t)(f < 8 ? f << 3 : 0xc0 + f - 8);
                }
                describe(facts[c][f], code, size);
            }
        if (pass == 1)
            break;
        /* Without ModRM byte nothing depends on what follows.  */
        for (unsigned c = 0; c < COMBINATIONS; c++)
            for (unsigned modrm = 0; modrm < 256; modrm++) {
                uint8_t code[64] = {0};
                char text[TEXT];
                unsigned size = encode(code, map, opcode, c);
                if (size == 0)
                    continue;
                code[size] = (uint8_t)modrm;
                describe(text, code, size);
                differ |= strcmp(text, facts[c][0]) != 0;
            }
        if (!differ) {
            /* Either that, or unknown; or one form for all, which two lengths tell.  */
            break;
        }
        forms = 72;
    }
    for (unsigned c = 0; c < COMBINATIONS; c++) {
        char head[1024], name[64];
        if (same[c])
            continue;
        combination_name(name, map >= 4, c);
        snprintf(head, sizeof head, "%s%02x [%s", maps[map], opcode, name);
        for (unsigned d = c + 1; d < COMBINATIONS; d++)
            if (memcmp(facts[c], facts[d], sizeof facts[c]) == 0) {
                same[d] = true;
                combination_name(name, map >= 4, d);
                strcat(strcat(head, " "), name);
            }
        strcat(head, "]");
        print_forms(facts[c], forms, head);
    }
}

int main(void)
{
    for (unsigned map = 0; map < 7; map++)
        for (unsigned opcode = 0; opcode < 256; opcode++)
            if (!(map == 0 && (opcode == 0x0f || (opcode & 0xf0) == 0x40 || opcode == 0x65
                               || opcode == 0x66 || opcode == 0x67 || opcode == 0xf0
                               || opcode == 0xf2 || opcode == 0xf3 || opcode == 0x2e
                               || opcode == 0xc4 || opcode == 0xc5)))
                list_opcode(map, opcode);
    return 0;
}
