/* base/footprint.h - giving back memory that was needed only for a while */
#pragma once

/* Gives the kernel back the free pages of the heap, and the pages of code that this process has
 * used so far. What is used again is mapped again, from the page cache. For a service that has just
 * started, or has read its configuration, and will mostly sleep from now on. */
void footprint_shrink(void);
