# The Linux layer; part of liblfi.a, whose rule is in liblfi/local.mk.
