/* daemon/forget.h - what is remembered is forgotten, as somebody says: forget, clear-cache */
#pragma once

struct call;
struct daemon;

void forget_entity(struct daemon *d, struct call *call);
void forget_cache(struct daemon *d, struct call *call);
