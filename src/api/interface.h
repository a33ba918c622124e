/* api/interface.h - what the service says about itself: its interfaces, as Varlink describes them
 */
#pragma once

#include "base/text.h"

/* The description of io.zmirror or org.varlink.service, NULL for others. */
const char *interface_find(const char *name);
/* The parameters of GetInfo's reply. */
void interface_print_info(struct text *t);
