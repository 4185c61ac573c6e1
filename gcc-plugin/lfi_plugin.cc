/* GCC plugin: makes the compiler's output fit for the rewriter.
   Copyright (C) the lfi authors.
   SPDX-License-Identifier: GPL-3.0-or-later

   Architecture-neutral: what differs comes as arguments (-fplugin-arg-lfi_plugin-KEY=VALUE),
   which the driver takes from the table of profiles.

     fix=R,R,...    registers that the compiler must not use at all
     link=R         the link register: prologues, calls and returns use it as always, but it
                    is never allocated, since the rewriter's guards would destroy a value in it
     wide-tables    jump tables of words: the sizes that GCC chooses rest on code lengths that
                    the rewriter changes
     mark           a comment "lfi: indirect" before every label that an indirect branch may
                    reach
     jump-flags     no flags of before a jump through a table or to a computed label are used
                    behind it: the masking of such jumps changes them

   An argument given twice, as happens in the link of -flto, counts once.  */
#include "gcc-plugin.h"
#include "plugin-version.h"

#include "backend.h"
#include "rtl.h"
#include "tree.h"
#include "df.h"
#include "regs.h"
#include "target.h"
#include "tree-pass.h"
#include "context.h"
#include "diagnostic-core.h"
#include "output.h"
#include "except.h"
#include "function.h"
#include "memmodel.h"
#include "emit-rtl.h"

int plugin_is_GPL_compatible;

static bool fixed[FIRST_PSEUDO_REGISTER];
static int link_register = -1;

static void (*stock_register_usage) (void);
static void (*stock_frame_layout) (void);
static void (*stock_internal_label) (FILE *, const char *, unsigned long);

/* Runs whenever GCC sets up its registers anew, which it does for every set of target
   attributes, starting from its defaults.  */
static void
register_usage (void)
{
  stock_register_usage ();
  for (int i = 0; i < FIRST_PSEUDO_REGISTER; i++)
    if (fixed[i])
      fixed_regs[i] = 1;
  if (link_register >= 0)
    fixed_regs[link_register] = 1;
}

/* The one place where GCC asks whether the link register is fixed in order to save it: the
   answer is no.  Everywhere else (allocation, renaming, peepholes) it is yes.  */
static void
frame_layout (void)
{
  char saved = fixed_regs[link_register];
  fixed_regs[link_register] = 0;
  stock_frame_layout ();
  fixed_regs[link_register] = saved;
}

/* Labels of the current function that need the comment, by number.  */
static hash_set<int_hash<int, -1, -2> > *indirect_labels;

static void
add_indirect (rtx_insn *label)
{
  if (label && (LABEL_P (label) || NOTE_P (label)))
    indirect_labels->add (CODE_LABEL_NUMBER (label));
}

static void
add_jump_table (rtx_jump_table_data *table)
{
  rtvec labels = table->get_labels ();
  for (int i = 0; i < GET_NUM_ELEM (labels); i++)
    add_indirect (as_a <rtx_insn *> (XEXP (RTVEC_ELT (labels, i), 0)));
}

static unsigned int
collect_indirect_labels (function *fun)
{
  rtx_jump_table_data *table;
  rtx_insn *label;
  unsigned i;

  indirect_labels->empty ();
  for (rtx_insn *insn = get_insns (); insn; insn = NEXT_INSN (insn))
    if (tablejump_p (insn, NULL, &table) && table)
      add_jump_table (table);
  FOR_EACH_VEC_SAFE_ELT (forced_labels, i, label)
    add_indirect (label);
  for (rtx_insn_list *l = nonlocal_goto_handler_labels; l; l = l->next ())
    add_indirect (l->insn ());
  eh_landing_pad lp;
  if (fun->eh)
    FOR_EACH_VEC_SAFE_ELT (fun->eh->lp_array, i, lp)
      if (lp)
        add_indirect (safe_as_a <rtx_insn *> (lp->landing_pad));
  return 0;
}

static void
internal_label (FILE *out, const char *prefix, unsigned long number)
{
  if (prefix[0] == 'L' && prefix[1] == 0 && indirect_labels->contains ((int) number))
    fprintf (out, "\t%s lfi: indirect\n", ASM_COMMENT_START);
  stock_internal_label (out, prefix, number);
}

static unsigned int
widen_jump_tables (function *)
{
  for (rtx_insn *insn = get_insns (); insn; insn = NEXT_INSN (insn))
    if (JUMP_TABLE_DATA_P (insn) && GET_CODE (PATTERN (insn)) == ADDR_DIFF_VEC
        && GET_MODE_SIZE (as_a <scalar_int_mode> (GET_MODE (PATTERN (insn)))) < 4)
      PUT_MODE (PATTERN (insn), SImode);
  return 0;
}

/* What can make flags live across a jump: crossjumping moves comparisons that all cases of a switch
   begin with before its jump, and the elimination of comparisons uses flags from before one.
   Functions without such jumps keep both.  */
static int stock_crossjumping, stock_compare_elim;

static unsigned int
keep_jump_flags (function *)
{
  stock_crossjumping = flag_crossjumping;
  stock_compare_elim = flag_compare_elim_after_reload;
  for (rtx_insn *insn = get_insns (); insn; insn = NEXT_INSN (insn))
    if (tablejump_p (insn, NULL, NULL) || computed_jump_p (insn))
      flag_crossjumping = flag_compare_elim_after_reload = 0;
  return 0;
}

static unsigned int
restore_jump_flags (function *)
{
  flag_crossjumping = stock_crossjumping;
  flag_compare_elim_after_reload = stock_compare_elim;
  return 0;
}

typedef unsigned int (*pass_body) (function *);

class lfi_pass : public rtl_opt_pass
{
public:
  lfi_pass (const pass_data &data, pass_body run_body)
    : rtl_opt_pass (data, g), body (run_body)
  {
  }
  unsigned int execute (function *fun) final override { return body (fun); }

private:
  pass_body body;
};

static void
add_pass (const char *self, const char *name, enum pass_positioning_ops where, const char *other,
          pass_body body)
{
  const pass_data data
    = { RTL_PASS, name, OPTGROUP_NONE, TV_NONE, 0, 0, 0, 0, 0 };
  struct register_pass_info info;
  info.pass = new lfi_pass (data, body);
  info.reference_pass_name = other;
  info.ref_pass_instance_number = 1;
  info.pos_op = where;
  register_callback (self, PLUGIN_PASS_MANAGER_SETUP, NULL, &info);
}

static bool
set_fixed (const char *list)
{
  char *copy = xstrdup (list);
  bool good = true;
  for (char *name = strtok (copy, ","); name; name = strtok (NULL, ","))
    {
      int regno = decode_reg_name (name);
      if (regno < 0)
        {
          error ("lfi_plugin: unknown register %qs", name);
          good = false;
          continue;
        }
      fixed[regno] = true;
      fix_register (name, 1, 1);
    }
  free (copy);
  return good;
}

static bool
set_link (const char *name)
{
  int regno = decode_reg_name (name);
  if (regno < 0)
    {
      error ("lfi_plugin: unknown register %qs", name);
      return false;
    }
  link_register = regno;
  if (targetm.compute_frame_layout == frame_layout)
    return true;
  stock_frame_layout = targetm.compute_frame_layout;
  targetm.compute_frame_layout = frame_layout;
  return true;
}

/* After GCC has measured branches and chosen the sizes.  */
static bool
set_wide_tables (const char *self)
{
  static bool done;
  if (!done)
    add_pass (self, "lfi_tables", PASS_POS_INSERT_AFTER, "shorten", widen_jump_tables);
  return done = true;
}

/* After the last pass that sees the control-flow graph and runs at every level.  */
static bool
set_mark (const char *self)
{
  if (targetm.asm_out.internal_label == internal_label)
    return true;
  indirect_labels = new hash_set<int_hash<int, -1, -2> >;
  add_pass (self, "lfi_mark", PASS_POS_INSERT_AFTER, "alignments", collect_indirect_labels);
  stock_internal_label = targetm.asm_out.internal_label;
  targetm.asm_out.internal_label = internal_label;
  return true;
}

/* Around the two passes and what is between them.  */
static bool
set_jump_flags (const char *self)
{
  static bool done;
  if (!done)
    {
      add_pass (self, "lfi_flags", PASS_POS_INSERT_BEFORE, "cmpelim", keep_jump_flags);
      add_pass (self, "lfi_flags_end", PASS_POS_INSERT_AFTER, "jump2", restore_jump_flags);
    }
  return done = true;
}

static bool
set_argument (const char *self, const struct plugin_argument *arg)
{
  if (strcmp (arg->key, "fix") == 0 && arg->value)
    return set_fixed (arg->value);
  if (strcmp (arg->key, "link") == 0 && arg->value)
    return set_link (arg->value);
  if (strcmp (arg->key, "wide-tables") == 0)
    return set_wide_tables (self);
  if (strcmp (arg->key, "mark") == 0)
    return set_mark (self);
  if (strcmp (arg->key, "jump-flags") == 0)
    return set_jump_flags (self);
  error ("lfi_plugin: unknown argument %qs", arg->key);
  return false;
}

int
plugin_init (struct plugin_name_args *info, struct plugin_gcc_version *version)
{
  if (strcmp (version->basever, gcc_version.basever) != 0)
    {
      error ("lfi_plugin was built for GCC %s and cannot work in GCC %s: build lfi again with "
             "this compiler", gcc_version.basever, version->basever);
      return 1;
    }
  stock_register_usage = targetm.conditional_register_usage;
  targetm.conditional_register_usage = register_usage;
  for (int i = 0; i < info->argc; i++)
    if (!set_argument (info->base_name, &info->argv[i]))
      return 1;
  return 0;
}
