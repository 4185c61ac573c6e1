/* Prints what the x86-64 decoder allows, opcode by opcode, seen from outside.
   SPDX-License-Identifier: Apache-2.0

   For every opcode, every combination of prefixes and every ModRM byte: which row it is, and how
   long it is.  Combinations that come to the same share a line:

       MAP.OPCODE [PREFIXES] FORMS: IMMEDIATE WRITES ACCESS TOUCH KIND ISA VERDICT NAME

   Then some encodings that bits of REX tell apart:

       insn HEX: as above

   Then, for every macro-instruction, which others one changed bit makes of it that are accepted:

       macro PROFILE HEX: HEX...

   x86_64-rows.txt is the output that was compared with Zydis (x86_64-oracle); any change to what is
   allowed shows as a difference.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lfi-verify/x86_64/decode.h"
#include "lfiv.h"
#include "profiles/profile.h"

enum { COMBINATIONS = 64, FORMS = 72, TEXT = 200 };

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
        code[n++] =
            (uint8_t)((c & 8 ? 0x80 : 0) | (c & 16 ? 0x50 : 0x78) | (c & 32 ? 4 : 0) | pp[c & 7]);
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
static bool has_modrm; /* the opcode at hand has a ModRM byte */

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

/* The instruction of a combination with one of the forms; FORMS stands for a longer one.  */
static void try_form(char text[TEXT], unsigned map, unsigned opcode, unsigned c, unsigned form)
{
    uint8_t code[64] = {0};
    unsigned size = encode(code, map, opcode, c);
    memset(text, 0, TEXT);
    if (size == 0)
        return;
    code[size] = (uint8_t)(form < 8 ? form << 3 : form < FORMS ? 0xc0 + form - 8 : 0x44);
    describe(text, code, size + has_modrm);
}

static void list_opcode(unsigned map, unsigned opcode)
{
    char other[TEXT];
    bool same[COMBINATIONS] = {false};
    /* Where anything changes with the byte after the opcode, that is a ModRM byte.  */
    has_modrm = false;
    for (unsigned c = 0; c < COMBINATIONS; c++) {
        try_form(facts[0][0], map, opcode, c, 0);
        for (unsigned f = FORMS; f > 0 && !has_modrm; f--) {
            try_form(other, map, opcode, c, f);
            has_modrm = strcmp(other, facts[0][0]) != 0;
        }
    }
    memset(facts, 0, sizeof facts);
    unsigned forms = has_modrm ? FORMS : 1;
    for (unsigned c = 0; c < COMBINATIONS; c++)
        for (unsigned f = 0; f < forms; f++)
            try_form(facts[c][f], map, opcode, c, f);
    for (unsigned c = 0; c < COMBINATIONS; c++) {
        char head[1024], name[64];
        if (same[c])
            continue;
        combination_name(name, map >= 4, c);
        snprintf(head, sizeof head, "%s%02x [%s", maps[map], opcode, name);
        unsigned count = 1;
        for (unsigned d = c + 1; d < COMBINATIONS; d++)
            if (memcmp(facts[c], facts[d], sizeof facts[c]) == 0) {
                same[d] = true;
                count++;
                combination_name(name, map >= 4, d);
                strcat(strcat(head, " "), name);
            }
        if (count == (map >= 4 ? COMBINATIONS / 2 : COMBINATIONS))
            snprintf(head, sizeof head, "%s%02x [*", maps[map], opcode);
        strcat(head, "]");
        print_forms(facts[c], forms, head);
    }
}

/* Each in its bundle, with what could be entered behind it.  */
static const char *const macros[] = {
    "83e0e04c01f0ffe0",
    "83e7e04c01f7ffe7",
    "4183e3e04d01f341ffe3",
    "4183e5e04d01f541ffe5",
    "83e1e04c01f1ffd1",
    "83e6e04c01f6ffd6",
    "4183e0e04d01f041ffd0",
    "4183e4e04d01f441ffd4",
    "4c8d1d1900000065ff2425f8ffffff",
    "4c8d1d1900000065ff242500ffffff",
    "89c44c01f4",
    "89ec4a8d2434",
    "8d6424084c01f4",
    "83e4f04a8d2434",
    "89c0498b0406",
    "4589db4b89041e",
    "448d24814f8b0426",
    "89ff4a8d3c37aa",
    "89ff4a8d3c37f348ab",
    "89ff4a8d3c37f2ae",
    "89f64a8d3436ac",
    "89ff4a8d3c3789f64a8d3436f3a4",
    "89f64a8d343689ff4a8d3c37a5",
    "89ff4a8d3c3789f64a8d3436a6",
    "89f64a8d343689ff4a8d3c37f3a7",
    "89ff4a8d3c37a4",
};

/* The same of other profiles.  */
static const struct {
    const char *profile, *code;
} other_macros[] = {
    {"bundle16", "83e0f04c01f0ffe0"},
    {"bundle16", "4183e5f04d01f541ffd5"},
    {"bundle16", "4c8d1d0900000065ff2425f8ffffff"},
    {"nosegue", "83e3e04c01f3ffe3"},
    {"nosegue", "4c8d1d1900000041ffa6f8ffffff"},
    {"nosegue", "4c8d1d1900000041ffa600ffffff"},
    {"nosegue", "89c0498b440608"},
    {"dense", "89c0498b8406f0ff0000"},
    {"dense", "488b8424f0ff0000"},
    {"dense", "488b842400fcffff"},
    {"meter", "4d8d6424feeb00"},
    {"meter", "4d8d6424fc74054d85e479f4"},
    {"meter", "4d8d6424fd4d85e479f6"},
    {"meter", "4d8d6424fc4d85e47802ebf4"},
    {"meter", "4d8d6424fc4d85e478060f85f0ffffff"},
    {"meter", "4d8d6424fc4d85e47805e8f1ffffff"},
    {"meter", "4d8d6424f84c89e1480fc90fb6c9e3020f0b4c89d9ebe9"},
    {"meter", "4d8d6424fa4d85e4780883e0e04c01f0ffe0"},
    {"meter", "4d8d6424fa4d85e4780a4183e5e04d01f541ffe5"},
    {"meter", "4d8d6424fa4d85e4780883e0e04c01f0ffd0"},
    {"meter", "4d8d6424fa4d85e4780a4183e3e04d01f341ffd3"},
    {"meter", "4d8d6424fb4d85e4780f4c8d1d0f00000065ff2425f8ffffff"},
    {"meter", "89c94929cc780889ff4a8d3c37f3aa"},
    {"meter", "89c94929cc780f89ff4a8d3c3789f64a8d3436f348a5"},
    {"single", "415b4183e3e04d01f34153c3"},
    {"one", "83e0e0ffe0"},
    {"one", "83e7e0ffd7"},
    {"one", "4183e3e041ffe3"},
    {"one", "4183e6e041ffd6"},
    {"one", "4c8d1d1900000067ff2425f8ffffff"},
    {"one", "4c8d1d1900000067ff242500ffffff"},
    {"one", "8d642408"},
    {"one", "67f348ab"},
    {"one", "67a4"},
    {"one-single", "415b4183e3e04153c3"},
    {"allregs", "83e0e06548030425f8feffffffe0"},
    {"allregs", "83e7e06548033c25f8feffffffd7"},
    {"allregs", "4183e3e0654c031c25f8feffff41ffe3"},
    {"allregs", "4183e7e0654c033c25f8feffff41ffd7"},
    {"allregs", "4c8d1d1900000065ff2425f8ffffff"},
    {"allregs", "89c46548032425f8feffff"},
    {"allregs", "654c8b1c25f8feffff89ec4a8d241c"},
    {"allregs", "654c8b1c25f8feffff89ff4a8d3c1faa"},
    {"allregs", "654c8b1c25f8feffff89ff4a8d3c1ff2ae"},
    {"allregs", "654c8b1c25f8feffff89f64a8d341eac"},
    {"allregs", "654c8b1c25f8feffff89ff4a8d3c1f89f64a8d341ef3a4"},
    {"allregs", "654c8b1c25f8feffff89f64a8d341e89ff4a8d3c1fa5"},
    {"allregs", "654c8b1c25f8feffff89ff4a8d3c1f89f64a8d341ea6"},
    {"allregs", "654c8b1c25f8feffff89f64a8d341e89ff4a8d3c1ff3a7"},
};

/* What REX.B and REX.R make of nop, pause and moves of rsp.  */
static const char *const with_rex[] = {
    "4090",     "4190",     "4890",     "4990",       "f34090",   "f34190",   "4883c410",
    "4983c410", "4c83c410", "4883ec10", "4983ec10",   "4881c4",   "4981c4",   "4881ec",
    "4981ec",   "488d2424", "4c8d2424", "498d642408", "8d642408", "448d2424",
};

static void list_encoding(const char *hex)
{
    uint8_t code[32] = {0};
    char text[TEXT];
    unsigned size = 0, byte;
    while (sscanf(hex + 2 * size, "%2x", &byte) == 1)
        code[size++] = (uint8_t)byte;
    describe(text, code, 0);
    printf("insn %s: %s\n", hex, text);
}

static bool is_accepted(const uint8_t *code, const char *profile)
{
    const struct LFIProfile *p = lfi_profile_find(LFI_ARCH_X86_64, profile);
    struct LFIVerifier v;
    char copy[32];
    memcpy(copy, code, 32);
    return p && lfiv_for_profile(p, &v) && lfiv_verify(&v, copy, 32, 0x200000);
}

static void list_macro(const char *text, const char *profile)
{
    uint8_t code[32];
    unsigned size = 0, byte;
    memset(code, 0xcc, sizeof code);
    while (sscanf(text + 2 * size, "%2x", &byte) == 1)
        code[size++] = (uint8_t)byte;
    printf("macro %s %s: %s", profile, text, is_accepted(code, profile) ? "" : "-");
    for (unsigned bit = 0; bit < 8 * size; bit++) {
        code[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (is_accepted(code, profile)) {
            for (unsigned n = 0; n < size; n++)
                printf("%02x", code[n]);
            printf(" ");
        }
        code[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    printf("\n");
}

int main(void)
{
    for (unsigned map = 0; map < 7; map++)
        for (unsigned opcode = 0; opcode < 256; opcode++)
            if (!(map == 0
                  && (opcode == 0x0f || (opcode & 0xf0) == 0x40 || opcode == 0x65 || opcode == 0x66
                      || opcode == 0x67 || opcode == 0xf0 || opcode == 0xf2 || opcode == 0xf3
                      || opcode == 0x2e || opcode == 0xc4 || opcode == 0xc5)))
                list_opcode(map, opcode);
    for (unsigned n = 0; n < sizeof with_rex / sizeof with_rex[0]; n++)
        list_encoding(with_rex[n]);
    for (unsigned n = 0; n < sizeof macros / sizeof macros[0]; n++) {
        list_macro(macros[n], "full");
        list_macro(macros[n], "stores");
    }
    for (unsigned n = 0; n < sizeof other_macros / sizeof other_macros[0]; n++)
        list_macro(other_macros[n].code, other_macros[n].profile);
    return 0;
}
