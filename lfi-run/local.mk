# Written by the owner of this directory.
