/* cli/complete.h - what could be typed next, for the shells (etc/completion) */
#pragma once

/* `zmirror complete-words WORD...`: argv[1] on are the words behind `zmirror`, the last one is
 * being typed. One candidate per line. */
int complete_main(int argc, char **argv);
