/* Prints the elements of the document on standard input, with expat.  With -DBOX expat is in a box.
   SPDX-License-Identifier: Apache-2.0  */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef BOX
#include <lfi_bind.h>
bool xml_open(void);
extern struct LFILibrary xml_library;
/* A call that does not return gives 0, which may mean success.  */
static void failed(const struct LFIBinding *binding, enum LFIInvokeEnd end)
{
    fprintf(stderr, "expat: %s did not return (%d)\n", binding->name, (int)end);
    exit(3);
}
/* What callbacks are given is in the box, and may be anything.  */
#define STRING(s) copy(s)
static const char *copy(const char *s)
{
    static char text[2][4096];
    static int which;
    which = !which;
    s = lfi_library_string(&xml_library, s);
    snprintf(text[which], sizeof text[which], "%s", s ? s : "?");
    return text[which];
}
#else
#define STRING(s) (s)
#endif

static int depth, elements;
static unsigned long text;

static void XMLCALL start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    (void)data;
    elements++;
    printf("%*s%s", depth++, "", STRING(name));
#ifdef BOX
    const XML_Char *pair[2];
    for (; lfi_box_copyfm(xml_library.box, pair, (lfiptr)attributes, sizeof pair) && pair[0];
         attributes += 2)
        printf(" %s=", STRING(pair[0])), printf("%s", STRING(pair[1]));
#else
    for (; attributes[0]; attributes += 2)
        printf(" %s=", attributes[0]), printf("%s", attributes[1]);
#endif
    putchar('\n');
}

static void XMLCALL end(void *data, const XML_Char *name)
{
    (void)data, (void)name;
    depth--;
}

static void XMLCALL characters(void *data, const XML_Char *s, int n)
{
    (void)data, (void)s;
    text += (unsigned)n;
}

int main(void)
{
    char buffer[1000];
    size_t n;
#ifdef BOX
    xml_library.failed = failed;
    if (!xml_open()) {
        fprintf(stderr, "expat: %s\n", lfi_errmsg());
        return 1;
    }
#endif
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetElementHandler(parser, start, end);
    XML_SetCharacterDataHandler(parser, characters);
    do {
        n = fread(buffer, 1, sizeof buffer, stdin);
        if (XML_Parse(parser, buffer, (int)n, n < sizeof buffer) == XML_STATUS_ERROR) {
            printf("line %lu: %s\n", XML_GetCurrentLineNumber(parser),
                   XML_ErrorString(XML_GetErrorCode(parser)));
            break;
        }
    } while (n == sizeof buffer);
    printf("%d elements, %lu bytes of text\n", elements, text);
    XML_ParserFree(parser);
    return 0;
}
