__thread int other = 7;
int *other_address(void) { return &other; }
